// Files in the kind of thing they are: photos and videos where most of them are, files elsewhere.
import type { Counts } from '../backend';
import { t } from '../sentences';

export function isOfPictures(counts: Counts): boolean {
  return counts.pictures > 0 && counts.pictures * 2 >= counts.files;
}

/** "12,431 photos and videos", or "3,208 files". */
export function howMany(counts: Counts): string {
  return isOfPictures(counts)
    ? t('count-pictures', { count: counts.pictures })
    : t('count-files', { count: counts.files });
}

/** All of them together. */
export function sum(all: Counts[]): Counts {
  const total: Counts = { files: 0, pictures: 0, bytes: 0 };
  for (const { files, pictures, bytes } of all) {
    total.files += files;
    total.pictures += pictures;
    total.bytes += bytes;
  }
  return total;
}
