// The recovery sheet in pieces that people can read.

/** A code in groups of four, as it is printed: "K7QX 2M9P". */
export function grouped(code: string): string {
  return /^[0-9A-Za-z]+$/.test(code) ? (code.match(/.{1,4}/g) ?? []).join(' ') : code;
}

/** A picture for `<img>`: as such it can neither run anything nor load anything. */
export function pictureOf(svg: string): string {
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** How many words a sheet has. */
export const WORDS = 24;

/** The words in what was typed or pasted, without the numbers that stand beside them on the sheet. */
export function wordsIn(text: string): string[] {
  return text
    .split(/[\s,;]+/)
    .map((word) => word.replace(/^\d+[.):]?/, ''))
    .filter(Boolean);
}

/** Whether what was typed is the key itself: the line that begins so on the sheet. */
export function isKey(text: string): boolean {
  return /^\s*AGE-SECRET-KEY-1/i.test(text);
}
