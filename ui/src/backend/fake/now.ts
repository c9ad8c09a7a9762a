/** The moment at which all scenes play: Tuesday 3 March 2026, 9:30. A file of its own, so that scenes may use it while they are read. */
export const NOW_SECS = new Date(2026, 2, 3, 9, 30).getTime() / 1000;
