import type { ActivationBody } from '../../api/model-bodies.ts'
import { Moment } from '../../design/elements.tsx'
import { timeOfDay } from '../../design/words.ts'
import { modelPath } from '../../router/route.ts'

const SHOWN = 50

/** Which model was active when, and who or what made it so; the newest first. */
export function Activations({ activations }: { activations: ActivationBody[] }) {
  return (
    <section class="card part activations" aria-labelledby="activations">
      <h2 id="activations">Which was active when</h2>
      {activations.length === 0 ? (
        <p class="hint">None was active yet.</p>
      ) : (
        <ol>
          {activations.slice(0, SHOWN).map(({ at, model, reason, author }) => (
            <li key={`${at} ${model}`}>
              {model === null ? 'No model' : <a href={modelPath(model)}>Model {versionOf(model)}</a>}
              <span>{REASONS[reason]}</span>
              <small>
                by {author}, <Moment at={Date.parse(at)}>{timeOfDay(Date.parse(at))}</Moment>
              </small>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

const REASONS: Record<ActivationBody['reason'], string> = {
  trained: 'trained, and not worse than the one before',
  activated: 'activated by hand',
  rolled_back: 'rolled back to',
  copied: 'copied from another camera',
}

export const versionOf = (model: string) => model.split('@')[1] ?? model
