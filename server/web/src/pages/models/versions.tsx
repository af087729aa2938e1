import type { CameraBody } from '../../api/bodies.ts'
import type { ActivationBody, ModelBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { Age } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { ActivateButton } from '../../models/activation.tsx'
import { IntervalBar } from '../../models/score.tsx'
import {
  intervalInWords,
  isTelling,
  modelName,
  originInWords,
  rateInWords,
  verdictInWords,
} from '../../models/words.ts'
import { modelPath } from '../../router/route.ts'

interface VersionsProps {
  camera: CameraBody
  /** The newest first. */
  models: ModelBody[]
  activations: ActivationBody[]
  onChanged(): void
}

/** Each model in a line: how good it is, what it learned from, and since when it is there. */
export function Versions({ camera, models, activations, onChanged }: VersionsProps) {
  return (
    <section class="card versions" aria-label="Versions">
      <ol>
        {models.map((model) => (
          <Version
            key={model.id}
            model={model}
            active={camera.model}
            wasActive={activations.some((one) => one.model === model.id)}
            onChanged={onChanged}
          />
        ))}
      </ol>
    </section>
  )
}

interface VersionProps {
  model: ModelBody
  /** The model that classifies now. */
  active: string | null
  wasActive: boolean
  onChanged(): void
}

function Version({ model, active, wasActive, onChanged }: VersionProps) {
  const { session } = useConsole()
  const { evaluation, labels, gate } = model
  const isActive = model.id === active
  const than = model.parent === null ? 'the model that was active' : modelName(model.parent)
  const isHeld = gate?.worse === true && !wasActive && !isActive
  const { isReady, title, next } = verdictInWords(model.verdict, {
    evaluation,
    suspects: evaluation?.suspects?.length ?? 0,
  })
  return (
    <li class={isActive ? 'active' : ''}>
      <div class="name">
        <h2>
          <a href={modelPath(model.id)}>Model {model.version}</a> {isActive && <span class="tag">active</span>}
        </h2>
        <small>
          <Age at={Date.parse(model.createdAt)} />, {originInWords(model.origin)}
        </small>
        <small>{labels === null ? 'labels not known' : counted(labels.frames, 'label')}</small>
      </div>
      <div class="how-good">
        {evaluation ? (
          <>
            <p>
              <strong>{rateInWords(evaluation.balancedAccuracy)}</strong>{' '}
              <small>between {intervalInWords(evaluation.interval)}</small>
            </p>
            <IntervalBar evaluation={evaluation} />
          </>
        ) : (
          <p class="hint">not judged</p>
        )}
      </div>
      <p class={isReady ? 'words ready' : 'words'}>
        {isHeld ? (
          <>
            <strong>Held back: worse than {than}</strong>{' '}
            {isTelling(gate) && (
              <span>
                {rateInWords(gate.candidate)} against {rateInWords(gate.active)} of the same{' '}
                {counted(gate.frames, 'frame')}.
              </span>
            )}
          </>
        ) : (
          <>
            <strong>{title}</strong> <span>{next}</span>
          </>
        )}
      </p>
      <div class="act">
        {session.canOperate.value && !isActive && (
          <ActivateButton
            model={model.id}
            gate={gate}
            than={than}
            isHeld={gate?.worse === true && model.parent === active}
            kind="plain"
            onDone={onChanged}
          />
        )}
      </div>
    </li>
  )
}
