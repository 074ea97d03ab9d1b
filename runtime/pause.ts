/** Lets signals, timers and a page's events through between two stretches of long work. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
