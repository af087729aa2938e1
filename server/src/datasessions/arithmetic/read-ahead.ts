/**
 * Has `begin` done for several items at once, and `take` with what came of each: one after the other, in the order of the
 * items, so that sums come out alike each time. Decoders have threads of their own. The first error ends it, after those that were begun have ended.
 */
export async function inTurn<Item, Result>(
  items: readonly Item[],
  begin: (item: Item, index: number) => Promise<Result>,
  take: (result: Result, index: number) => void | Promise<void>,
  atOnce: number,
): Promise<void> {
  const begun: Promise<Result>[] = []
  let next = 0
  try {
    for (let i = 0; i < items.length; i++) {
      for (; next < items.length && next < i + atOnce; next++) {
        const result = begin(items[next] as Item, next)
        // Whoever waits for it sees the error; until then nobody does.
        result.catch(() => {})
        begun.push(result)
      }
      await take(await (begun.shift() as Promise<Result>), i)
    }
  } finally {
    await Promise.allSettled(begun)
  }
}
