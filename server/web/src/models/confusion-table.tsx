import type { Evaluation } from '../api/model-bodies.ts'
import { counted } from '../design/words.ts'
import { type Cell, rowsOf } from './confusion.ts'

interface ConfusionTableProps {
  evaluation: Evaluation
  /** The field whose frames are shown. */
  chosen: Pick<Cell, 'truth' | 'said'> | null
  onChoose(cell: Cell): void
}

/** What the model said of frames, by their label. Each field of wrong ones is a button that shows them. */
export function ConfusionTable({ evaluation, chosen, onChoose }: ConfusionTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keys
    <section class="confusion" tabIndex={0} aria-label="What the model said of frames, by their label">
      <table>
        <thead>
          <tr>
            <td />
            {evaluation.states.map((state) => (
              <th key={state} scope="col">
                said {state}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rowsOf(evaluation).map(({ truth, cells }) => (
            <tr key={truth}>
              <th scope="row">is {truth}</th>
              {cells.map((cell) => (
                <td key={cell.said} class={cell.kind}>
                  {cell.kind === 'wrong' ? (
                    <button
                      type="button"
                      aria-label={`${counted(cell.count, 'frame')} of ${truth} that the model took for ${cell.said}`}
                      aria-pressed={chosen?.truth === truth && chosen.said === cell.said}
                      onClick={() => onChoose(cell)}
                    >
                      {cell.count}
                    </button>
                  ) : (
                    cell.count
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
