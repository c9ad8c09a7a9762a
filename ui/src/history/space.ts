// The shape of the chart of space over time. Pure.
import { dateOf } from './days';

/** The days and their bytes as points of a chart of 1000 by 100; what is kept stays until the next day that is known. */
export function steps(space: [string, number][], today: string, top: number): [number, number][] {
  const begin = space[0];
  if (!begin) return [];
  const from = dateOf(begin[0]).getTime();
  const span = Math.max(1, dateOf(today).getTime() - from);
  const height = (bytes: number) => 100 - (top > 0 ? (bytes / top) * 100 : 0);
  const points: [number, number][] = space.map(([day, bytes]) => [
    ((dateOf(day).getTime() - from) / span) * 1000,
    height(bytes),
  ]);
  points.push([1000, height(space[space.length - 1]![1])]);
  return points;
}

/** A round number of bytes not below the largest: 1, 2 or 5 times a power of ten. */
export function niceTop(largest: number): number {
  if (largest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(largest));
  return ([1, 2, 3, 5, 8, 10].find((step) => step * power >= largest) ?? 10) * power;
}
