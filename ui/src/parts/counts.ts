// Files in the kind of thing they are: photos and videos, or files.
import type { Counts } from '../backend';
import { t } from '../sentences';

export function isOfPictures(counts: Counts): boolean {
  return counts.pictures > 0 && counts.pictures * 2 >= counts.files;
}

/** "12,431 photos and videos" where most of them are that, else "3,208 files". Other files are told beside. */
export function howMany(counts: Counts): string {
  return isOfPictures(counts)
    ? t('count-pictures', { count: counts.pictures })
    : t('count-files', { count: counts.files });
}

/** All files in one number: "12,440 files" as soon as one of them is something else than a photo or video. */
export function howManyInAll(counts: Counts): string {
  if (counts.files > 0 && counts.pictures === counts.files) return t('count-pictures', { count: counts.files });
  return t('count-files', { count: counts.files });
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
