/** Whether there are labels enough to train from, and which are missing. */
export function readinessInWords(
  states: string[],
  counts: Record<string, number>,
  { least, good }: { least: number; good: number },
): { text: string; canTrain: boolean } {
  const lacking = (than: number) => states.filter((state) => (counts[state] ?? 0) < than)
  const missing = (than: number) =>
    lacking(than)
      .map((state) => `${than - (counts[state] ?? 0)} of ${state}`)
      .join(', ')
  if (lacking(least).length > 0) return { text: `To train, label at least ${missing(least)} more.`, canTrain: false }
  if (lacking(good).length > 0) return { text: `Enough to try. Better with ${missing(good)} more.`, canTrain: true }
  return { text: 'Enough frames of each state.', canTrain: true }
}
