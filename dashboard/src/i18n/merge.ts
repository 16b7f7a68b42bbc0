export type MessageFile = Record<string, string>;

/** Each area has a file of its own; a key belongs to one of them. */
export function merged(files: Record<string, MessageFile>): MessageFile {
  return Object.assign({}, ...Object.values(files)) as MessageFile;
}
