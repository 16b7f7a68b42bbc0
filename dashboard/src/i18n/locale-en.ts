import { merged, type MessageFile } from './merge';

export const messages = merged(
  import.meta.glob<MessageFile>('../messages/en/*.json', { eager: true, import: 'default' }),
);
