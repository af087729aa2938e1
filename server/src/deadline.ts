/**
 * What the promise resolves to, or the error of `late` when that takes longer. The work itself goes on.
 */
export function withDeadline<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(late()), ms)
  return Promise.race([promise, over]).finally(() => clearTimeout(timer))
}
