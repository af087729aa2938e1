import type { LabBody } from '../../../api/program-bodies.ts'
import { ScrolledToEnd } from '../../../design/scrolled-to-end.tsx'
import { amount } from '../../../design/words.ts'
import { endInWords, type InWords, KINDS, labInWords } from '../words.ts'
import { type Block, blocksOf, labOf, MOST_SHOWN } from './blocks.ts'
import { LabResult } from './lab-result.tsx'
import type { ProgramRun, RunState } from './program-run.ts'

/** What a run says, as it says it, and how it ended. */
export function RunOutput({ run }: { run: ProgramRun | null }) {
  if (run === null) return <p class="hint">What the program prints comes here, line by line, while it runs.</p>
  return <Output state={run.state.value} />
}

function Output({ state }: { state: RunState }) {
  const { lines, isOver, fault } = state
  const lab = labOf(lines)
  const end = stateInWords(state, lab)
  const blocks = blocksOf(lines)
  return (
    <>
      <p role="status">
        <span class={`tag ${end.tone}`}>{end.text}</span>
      </p>
      {fault !== null && (
        <p class="reason" role="alert">
          {fault}
        </p>
      )}
      {lab && <LabResult lab={lab} />}
      {lines.length > MOST_SHOWN && (
        <p class="hint">
          The last {amount(MOST_SHOWN)} of {amount(lines.length)} lines.
        </p>
      )}
      {blocks.length > 0 && (
        <ScrolledToEnd label="Output" class="said" of={lines.length}>
          <ol>
            {blocks.map((block) => (
              <Said key={block.key} block={block} />
            ))}
          </ol>
        </ScrolledToEnd>
      )}
      {isOver && fault === null && lines.length === 0 && <p class="hint">It printed nothing.</p>}
    </>
  )
}

function Said({ block: { type, of, text } }: { block: Block }) {
  return (
    <li class={type}>
      <span class="kind">
        {KINDS[type] ?? type}
        {of !== null && <small>, case {of}</small>}
      </span>
      <pre>{text}</pre>
    </li>
  )
}

function stateInWords(state: RunState, lab: LabBody | null): InWords {
  const { isOver, fault, status, outcome, wasStopped, wasRefused, lines } = state
  if (!isOver) return { tone: 'plain', text: wasStopped ? 'Stopping …' : lines.length > 0 ? 'Running …' : 'Waiting …' }
  if (wasRefused) return { tone: 'bad', text: 'Not run' }
  if (fault !== null || status === null || outcome === null) return { tone: 'bad', text: 'Not heard to its end' }
  if (lab) return labInWords(lab)
  return endInWords({ status, outcome, wasStopped, lines })
}
