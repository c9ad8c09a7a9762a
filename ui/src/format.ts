// Numbers, sizes, moments and lengths of time as people of the window's language write them.

let locale = 'en';
let hour12: boolean | undefined;
/** What the clock shows; a test or the pictures for the user guide may set it. */
let clock = () => new Date();
/** Joins a day and a time as the language does: "today 2:05", "heute, 2:05 Uhr". */
let joined = (day: string, time: string) => `${day} ${time}`;

export function configureFormat(
  newLocale: string,
  newHour12: boolean | null,
  dayAndTime?: (day: string, time: string) => string,
): void {
  locale = newLocale;
  hour12 = newHour12 ?? undefined;
  joined = dayAndTime ?? joined;
}

export function setClock(now: () => Date): void {
  clock = now;
}

export function now(): Date {
  return clock();
}

export function count(value: number): string {
  return new Intl.NumberFormat(locale).format(value);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A size in decimal units with one digit behind the point at most: "2.1 GB". */
export function bytes(value: number): string {
  let unit = 0;
  let shown = value;
  while (shown >= 999.5 && unit < UNITS.length - 1) {
    shown /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || shown >= 99.95 ? 0 : 1;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(shown);
  return `${number}\u00a0${UNITS[unit]}`;
}

export function rate(bytesPerSec: number): string {
  return `${bytes(bytesPerSec)}/s`;
}

/** `2:05` or `2:05 AM`. */
export function time(secs: number): string {
  return new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit', hour12 }).format(secs * 1000);
}

/** A time of the day by its minutes since midnight: `2:05` or `2:05 AM`. */
export function timeOfDay(minute: number): string {
  return time(new Date(2026, 0, 5, 0, minute).getTime() / 1000);
}

/** The name of a day of the week: 1 for Monday to 7 for Sunday. */
export function weekday(number: number): string {
  // 5 January 2026 is a Monday.
  return new Intl.DateTimeFormat(locale, { weekday: 'long' }).format(new Date(2026, 0, 4 + number, 12));
}

/** Things in a row: "Photos, Documents and Recipes". */
export function list(items: string[]): string {
  return new Intl.ListFormat(locale, { style: 'long', type: 'conjunction' }).format(items);
}

function dayNumber(date: Date): number {
  return Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate(), 12).getTime() / 86_400_000);
}

/** Whole days from that moment's day to today; negative in the future. */
export function daysAgo(secs: number): number {
  return dayNumber(now()) - dayNumber(new Date(secs * 1000));
}

/** The day as people say it: today, yesterday, Tuesday within six days, 3 March, 3 March 2024 in other years. */
export function day(secs: number): string {
  const date = new Date(secs * 1000);
  const ago = daysAgo(secs);
  if (ago >= -1 && ago <= 1) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-ago, 'day');
  if (ago > 1 && ago <= 6) return new Intl.DateTimeFormat(locale, { weekday: 'long' }).format(date);
  const year = date.getFullYear() === now().getFullYear() ? undefined : ('numeric' as const);
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year }).format(date);
}

/** The whole date: Tuesday, 3 March 2026. */
export function longDay(secs: number): string {
  const date = new Date(secs * 1000);
  return new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(
    date,
  );
}

/** A moment as people say it: "today 2:05", "Tuesday 2:05"; beyond six days the day alone. */
export function moment(secs: number): string {
  const ago = daysAgo(secs);
  return ago >= -1 && ago <= 6 ? joined(day(secs), time(secs)) : day(secs);
}

/** A length of time in its largest sensible unit: "3 days". */
export function age(secs: number): string {
  const [value, unit] =
    secs < 5400
      ? [Math.max(1, Math.round(secs / 60)), 'minute']
      : secs < 2 * 86_400
        ? [Math.round(secs / 3600), 'hour']
        : [Math.floor(secs / 86_400), 'day'];
  return new Intl.NumberFormat(locale, { style: 'unit', unit: unit as string, unitDisplay: 'long' }).format(
    value as number,
  );
}

/** Two lengths of time as one range: "2–3 minutes". */
export function range(leastSecs: number, mostSecs: number): string {
  const [step, unit] = mostSecs <= 90 ? [10, 'second'] : mostSecs <= 5400 ? [60, 'minute'] : [3600, 'hour'];
  const per = unit === 'second' ? 1 : (step as number);
  const low = Math.max(1, Math.floor(leastSecs / (step as number)) * ((step as number) / per));
  const high = Math.max(low, Math.ceil(mostSecs / (step as number)) * ((step as number) / per));
  const style = { style: 'unit', unit: unit as string, unitDisplay: 'long' } as const;
  const format = new Intl.NumberFormat(locale, style);
  return low === high ? format.format(high) : format.formatRange(low, high);
}

/** The locale that numbers and dates are written by: for names of months and the first day of the week. */
export function localeInUse(): string {
  return locale;
}
