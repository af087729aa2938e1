/** What a run was to write as readings and did not: nothing else would tell that a sensor stays without a value. */
export function Unwritten({ flaws }: { flaws: readonly string[] }) {
  if (flaws.length === 0) return null
  return (
    <ul class="unwritten" aria-label="Readings that were not written">
      {flaws.map((flaw) => (
        <li key={flaw}>{flaw}</li>
      ))}
    </ul>
  )
}
