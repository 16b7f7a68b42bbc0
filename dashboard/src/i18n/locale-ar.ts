import { merged, type MessageFile } from './merge';

export const messages = merged(
  import.meta.glob<MessageFile>('../messages/ar/*.json', { eager: true, import: 'default' }),
);
