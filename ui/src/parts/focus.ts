// Where the keyboard and screen readers go on when a page appears.
import { tick } from 'svelte';

/** Puts the focus on the title of what has just appeared; on the page itself while it has none. */
export async function focusTitle(within: ParentNode = document): Promise<void> {
  await tick();
  const title = within.querySelector<HTMLElement>('h1') ?? document.querySelector<HTMLElement>('main');
  if (!title) return;
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  document.querySelector('main')?.scrollTo?.({ top: 0 });
}
