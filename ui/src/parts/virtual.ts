// Which rows of a long list are drawn. Pure; all lengths in CSS pixels.

export interface Shape {
  total: number;
  columns: number;
  rowPx: number;
  viewPx: number;
}

/** Browsers draw badly far down (coordinates are single floats): a longer list is scrolled in larger steps. */
export const MAX_SCROLL_PX = 8_000_000;

export function rowsOf(shape: Shape): number {
  return Math.ceil(shape.total / shape.columns);
}

/** The height of all rows. */
export function realHeight(shape: Shape): number {
  return rowsOf(shape) * shape.rowPx;
}

/** The height that the scroll bar knows. */
export function scrollHeight(shape: Shape): number {
  return Math.min(realHeight(shape), MAX_SCROLL_PX);
}

function ends(shape: Shape): [number, number] {
  return [Math.max(0, realHeight(shape) - shape.viewPx), Math.max(0, scrollHeight(shape) - shape.viewPx)];
}

/** How far down all rows one is when the scroll bar is there. */
export function realOffset(shape: Shape, scrollPx: number): number {
  const [real, scroll] = ends(shape);
  const there = scroll === real || scroll === 0 ? scrollPx : (scrollPx * real) / scroll;
  return Math.min(Math.max(0, there), real);
}

/** Where the scroll bar is when one is so far down all rows. */
export function scrollOffset(shape: Shape, realPx: number): number {
  const [real, scroll] = ends(shape);
  return scroll === real || real === 0 ? realPx : (realPx * scroll) / real;
}

/** The first item that is drawn, and the one behind the last; some rows more than are seen. */
export function windowAt(shape: Shape, realPx: number, spareRows = 4): [number, number] {
  const first = Math.max(0, Math.floor(realPx / shape.rowPx) - spareRows);
  const end = Math.ceil((realPx + shape.viewPx) / shape.rowPx) + spareRows;
  return [Math.min(first * shape.columns, shape.total), Math.min(end * shape.columns, shape.total)];
}

/** The offset nearest to the present one that shows the whole row of an item. */
export function offsetShowing(shape: Shape, realPx: number, index: number): number {
  const top = Math.floor(index / shape.columns) * shape.rowPx;
  if (top < realPx) return top;
  const low = top + shape.rowPx - shape.viewPx;
  return low > realPx ? low : realPx;
}

/** Where a key leads from an item; null for other keys. */
export function stepItem(key: string, from: number, shape: Shape, isRtl: boolean): number | null {
  const side = shape.columns > 1 ? (isRtl ? -1 : 1) : 0;
  const page = Math.max(1, Math.floor(shape.viewPx / shape.rowPx) - 1) * shape.columns;
  const by: Record<string, number> = {
    ArrowDown: shape.columns,
    ArrowUp: -shape.columns,
    ArrowRight: side,
    ArrowLeft: -side,
    PageDown: page,
    PageUp: -page,
    Home: -from,
    End: shape.total - 1 - from,
  };
  const step = by[key];
  if (step === undefined || (step === 0 && key.startsWith('Arrow'))) return null;
  return Math.min(Math.max(0, from + step), Math.max(0, shape.total - 1));
}
