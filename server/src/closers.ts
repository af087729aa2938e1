/** What closes the parts, the last one first. */
export type Closers = (() => Promise<unknown> | unknown)[]

/** A part that opens beside others: it is closed in its turn, also where another cannot open meanwhile. */
export function closedLater<Part extends { close(): Promise<unknown> }>(
  closers: Closers,
  part: Promise<Part>,
): Promise<Part> {
  closers.push(async () => (await part.catch(() => null))?.close())
  return part
}

/** Starts a part, and has it closed in its turn. */
export async function begin(
  closers: Closers,
  part: { start(): Promise<unknown> | unknown; close(): Promise<unknown> | unknown },
): Promise<void> {
  await part.start()
  closers.push(() => part.close())
}
