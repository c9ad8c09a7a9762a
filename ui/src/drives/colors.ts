// The colours of drives. Each has a shape, too, for those who cannot tell colours apart, and a word.
import type { DriveColor } from '../backend';

export interface Look {
  /** The colour of the drive itself: that of plastic, the same in light and dark. */
  body: string;
  /** The colour of the shape on it: 3 : 1 to the body at least, which a test sees to. */
  mark: string;
  /** The shape, in a square of 24 by 24. */
  shape: string;
}

export const LOOKS: Record<DriveColor, Look> = {
  blue: { body: '#3267ab', mark: '#ffffff', shape: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z' },
  green: { body: '#35784b', mark: '#ffffff', shape: 'M12 3 22 20H2z' },
  red: { body: '#b33a36', mark: '#ffffff', shape: 'M4 4h16v16H4z' },
  yellow: {
    body: '#e8bd3f',
    mark: '#26231f',
    shape: 'm12 2 3 6.500 7 .8-5.200 4.900 1.400 7L12 17.700 5.800 21.200l1.400-7L2 9.300l7-.8z',
  },
  orange: { body: '#de7f32', mark: '#26231f', shape: 'm12 2 9 10-9 10-9-10z' },
  purple: { body: '#7a55a5', mark: '#ffffff', shape: 'M9 3h6v6h6v6h-6v6H9v-6H3V9h6z' },
  white: {
    body: '#ffffff',
    mark: '#57524b',
    shape: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 4a5 5 0 1 1 0 10 5 5 0 0 1 0-10z',
  },
  black: { body: '#35322e', mark: '#ffffff', shape: 'M4 5h16v5H4zM4 14h16v5H4z' },
};

export const COLORS = Object.keys(LOOKS) as DriveColor[];

/** The first colour that no drive has; blue when all are taken. */
export function nextColor(taken: DriveColor[]): DriveColor {
  return COLORS.find((color) => !taken.includes(color)) ?? 'blue';
}
