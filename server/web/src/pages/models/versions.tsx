import type { CameraBody } from '../../api/bodies.ts'
import type { ModelBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { Age } from '../../design/elements.tsx'
import { counted } from '../../design/words.ts'
import { ActivateButton } from '../../models/activation.tsx'
import { IntervalBar } from '../../models/score.tsx'
import { intervalInWords, originInWords, rateInWords, verdictInWords } from '../../models/words.ts'
import { modelPath } from '../../router/route.ts'

interface VersionsProps {
  camera: CameraBody
  /** The newest first. */
  models: ModelBody[]
  onChanged(): void
}

/** Each model in a line: how good it is, what it learned from, and since when it is there. */
export function Versions({ camera, models, onChanged }: VersionsProps) {
  return (
    <section class="card versions" aria-label="Versions">
      <ol>
        {models.map((model) => (
          <Version key={model.id} model={model} isActive={camera.model === model.id} onChanged={onChanged} />
        ))}
      </ol>
    </section>
  )
}

interface VersionProps {
  model: ModelBody
  isActive: boolean
  onChanged(): void
}

function Version({ model, isActive, onChanged }: VersionProps) {
  const { session } = useConsole()
  const { evaluation, labels } = model
  const { isReady, title, next } = verdictInWords(model.verdict, evaluation !== null)
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
        <strong>{title}</strong> <span>{next}</span>
      </p>
      <div class="act">
        {session.canOperate.value && !isActive && (
          <ActivateButton model={model.id} gate={model.gate} kind="plain" onDone={onChanged} />
        )}
      </div>
    </li>
  )
}
