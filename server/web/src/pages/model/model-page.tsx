import type { List } from '../../api/bodies.ts'
import { ApiError, get } from '../../api/client.ts'
import type { ModelBody, SuspectBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { Empty, Failed, Loading } from '../../design/elements.tsx'
import { ActivateButton } from '../../models/activation.tsx'
import { FrameList } from '../../models/frame-list.tsx'
import { GateView } from '../../models/gate-view.tsx'
import { LearningCurve } from '../../models/learning-curve.tsx'
import { ownerOf, shotOf } from '../../models/owner.ts'
import { Score } from '../../models/score.tsx'
import { useOfCamera } from '../../models/use-of-camera.ts'
import { modelName } from '../../models/words.ts'
import { reviewQuery } from '../../router/review.ts'
import { modelPath, modelsPath } from '../../router/route.ts'
import { Conditions } from './conditions.tsx'
import { ConfusionSection } from './confusion-section.tsx'
import { Provenance } from './provenance.tsx'
import '../../models/models.css'
import './model.css'

interface ModelPageProps {
  device: string
  camera: string
  version: number
}

/** One model: how good it is, where it errs, and what it was made of. */
export function ModelPage({ device, camera: name, version }: ModelPageProps) {
  const named = `${device}/${name}@${version}`
  const { session } = useConsole()
  const { body, fault, load } = useOfCamera(
    async () => {
      const model = await get<ModelBody>(`/api/models/${named}`)
      const [camera, suspects] = await Promise.all([
        ownerOf(model.camera),
        get<List<SuspectBody>>('/api/labels/suspects', { camera: model.camera }),
      ])
      return { model, camera, suspects: suspects.items }
    },
    // A model keeps its name when its camera gets another one.
    { isOf: ({ camera }, id) => camera.id === id, pathOf: () => modelPath(named) },
  )
  if (fault.value instanceof ApiError && fault.value.status === 404)
    return (
      <Empty title={`There is no model ${version} of ${device}/${name}`}>
        <p>
          <a href={modelsPath(`${device}/${name}`)}>To the models of this camera</a>
        </p>
      </Empty>
    )
  if (fault.value !== null) return <Failed title="This model could not be loaded" error={fault.value} onRetry={load} />
  if (!body.value) return <Loading what="model" />
  const { model, camera, suspects } = body.value
  const { evaluation, gate } = model
  const { id } = camera
  const shot = shotOf(camera)
  const { canOperate } = session
  const than = model.parent === null ? 'the model that was active' : modelName(model.parent)
  // Those of its own that are suspected still, and that the review lays out.
  const open = suspects.filter(({ frame, label }) =>
    evaluation?.suspects?.some((one) => one.frame === frame && one.truth === label),
  )
  // Whoever may not label looks at the frame alone.
  const pathOf = (review: Parameters<typeof reviewQuery>[0]) => (frame: string) =>
    canOperate.value ? camera.teach + reviewQuery(review, frame) : `${camera.page}?frame=${frame}`
  return (
    <article class="page">
      <header class="page-head">
        <div>
          <a class="back" href={modelsPath(id)}>
            Models of {camera.camera}
          </a>
          <h1>
            Model {version} <small>{id}</small> {model.active && <span class="tag">active</span>}
          </h1>
        </div>
        <div class="buttons">
          {canOperate.value && (
            <a class="button" href={camera.teach}>
              Teach
            </a>
          )}
          <a class="button" href={`/api/models/${model.id}/archive`} download>
            Download
          </a>
          {canOperate.value && !model.active && (
            <ActivateButton
              model={model.id}
              gate={gate}
              than={than}
              isHeld={gate?.worse === true && model.parent === camera.model}
              onDone={() => void load()}
            />
          )}
        </div>
      </header>
      <div class="columns even">
        <div class="page">
          <section class="card part" aria-label="How good it is">
            <Score
              shot={shot}
              evaluation={evaluation}
              verdict={model.verdict}
              worseThan={gate?.worse && !model.active ? than : null}
              suspects={
                open.length > 0 && canOperate.value
                  ? { count: open.length, path: camera.teach + reviewQuery({ of: 'suspects' }) }
                  : null
              }
            />
            {model.original && <p class="hint">Judged where it came from, as {model.original}.</p>}
            {evaluation && <Conditions evaluation={evaluation} states={camera.states} shot={shot} />}
          </section>
          {gate && (
            <section class="card part" aria-labelledby="gate">
              <h2 id="gate">Beside {than}</h2>
              <GateView gate={gate} than={than} />
            </section>
          )}
          {evaluation?.curve && (
            <section class="card part" aria-labelledby="curve">
              <h2 id="curve">What more labels brought</h2>
              <LearningCurve curve={evaluation.curve} />
            </section>
          )}
        </div>
        <div class="page">
          {evaluation && (
            <ConfusionSection
              evaluation={evaluation}
              model={model}
              states={camera.states}
              shot={shot}
              pathOf={pathOf}
            />
          )}
          {evaluation?.suspects && evaluation.suspects.length > 0 && (
            <section class="card part" aria-labelledby="suspects">
              <h2 id="suspects">Labels that look wrong to it</h2>
              <FrameList
                name="Labels that look wrong to it"
                frames={evaluation.suspects.map(({ truth, ...frame }) => ({ ...frame, label: truth }))}
                states={camera.states}
                hasPictures={shot === 'frame'}
                pathOf={pathOf({ of: 'suspects' })}
              />
            </section>
          )}
          <Provenance model={model} camera={camera} />
        </div>
      </div>
    </article>
  )
}
