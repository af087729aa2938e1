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
          {activations.slice(0, SHOWN).map((activation) => (
            <li key={`${activation.at} ${activation.model}`}>
              <What activation={activation} />
              <small>
                by {activation.author},{' '}
                <Moment at={Date.parse(activation.at)}>{timeOfDay(Date.parse(activation.at))}</Moment>
              </small>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

function What({ activation: { model, previous, reason } }: { activation: ActivationBody }) {
  if (model === null) return <span>No model</span>
  if (reason === 'rolled_back')
    return (
      <span>
        Rolled back to <a href={modelPath(model)}>model {versionOf(model)}</a>
      </span>
    )
  return (
    <>
      <a href={modelPath(model)}>Model {versionOf(model)}</a>
      <span>{reason === 'trained' && previous === null ? 'trained, the first one' : REASONS[reason]}</span>
    </>
  )
}

const REASONS: Record<Exclude<ActivationBody['reason'], 'rolled_back'>, string> = {
  trained: 'trained',
  activated: 'activated by hand',
  forced: 'activated although worse',
  copied: 'copied from another camera',
}

export const versionOf = (model: string) => model.split('@')[1] ?? model
