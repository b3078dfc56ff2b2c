/**
 * A local clock in milliseconds that never goes back and never runs slow: of
 * the monotonic clock, which stands still while a machine sleeps, and the wall
 * clock, which may be set back, it follows the one that saw more time pass. A
 * display that calls itself too old is safe; one that calls itself too young is not.
 */
export function steadyClock(
  monotonic: () => number = () => performance.now(),
  wall: () => number = () => Date.now(),
): () => number {
  let now = 0;
  let lastMonotonic = monotonic();
  let lastWall = wall();
  return () => {
    const m = monotonic();
    const w = wall();
    now += Math.max(0, m - lastMonotonic, w - lastWall);
    lastMonotonic = m;
    lastWall = w;
    return now;
  };
}
