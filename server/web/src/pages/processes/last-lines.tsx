import { ScrolledToEnd } from '../../design/scrolled-to-end.tsx'

/** What a process said last. */
export function LastLines({ name, lines }: { name: string; lines: string[] }) {
  return (
    <details>
      <summary>Its last lines</summary>
      <ScrolledToEnd class="last-lines" label={`Last lines of ${name}`} of={lines}>
        <pre>{lines.join('\n')}</pre>
      </ScrolledToEnd>
    </details>
  )
}
