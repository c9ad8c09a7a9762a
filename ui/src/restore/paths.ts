// Paths as text: parts between slashes, the source's name first. Bytes that are not UTF-8 stand as `\xHH`, a
// backslash as `\\`. Pure.
import type { PathText } from '../backend';

/** A part of a path as people see it; what is no text shows as a question mark in a box. */
export function shownText(text: PathText): string {
  return text.replace(/\\(\\|(?:x[0-9a-fA-F]{2}(?:\\x[0-9a-fA-F]{2})*))/g, (_, what: string) =>
    what === '\\' ? '\\' : '\ufffd',
  );
}

/** The folders that lead to a path, each with its own path. */
export function partsOf(path: PathText): { path: PathText; name: string }[] {
  const parts = path.split('/');
  return parts.map((part, index) => ({ path: parts.slice(0, index + 1).join('/'), name: shownText(part) }));
}

/** The folder that holds it; null for a source. */
export function folderOf(path: PathText): PathText | null {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? null : path.slice(0, slash);
}

export function sourceOf(path: PathText): string {
  return shownText(path.split('/')[0] ?? '');
}

/** A text for people as a path to give back. */
export function pathText(shown: string): PathText {
  return shown.replaceAll('\\', '\\\\');
}

export function isInside(path: PathText, folder: PathText): boolean {
  return path.startsWith(`${folder}/`);
}
