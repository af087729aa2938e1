import { firstLineOf } from './release.ts'

interface ReasonProps {
  /** May hold what a program said last, such as a stack trace. */
  text: string
  tone: 'good' | 'warn' | 'bad'
}

/** Why something came as it did: its first line, and the others for whoever wants them. */
export function Reason({ text, tone }: ReasonProps) {
  const { first, rest } = firstLineOf(text)
  if (rest === '') return <p class={`reason ${tone}`}>{first}</p>
  return (
    <details class={`reason ${tone}`}>
      <summary>
        {first} <span class="more">… more</span>
      </summary>
      <p>{rest}</p>
    </details>
  )
}
