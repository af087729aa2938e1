import type { List } from '../../api/bodies.ts'
import { ApiError, get } from '../../api/client.ts'
import type { ActivationBody, ModelBody } from '../../api/model-bodies.ts'
import { useConsole } from '../../console.ts'
import { Empty, Failed, Loading } from '../../design/elements.tsx'
import { ownerOf } from '../../models/owner.ts'
import { useOfCamera } from '../../models/use-of-camera.ts'
import { modelsPath } from '../../router/route.ts'
import { Activations } from './activations.tsx'
import { RollBack } from './roll-back.tsx'
import { SchedulesPanel } from './schedules-panel.tsx'
import { UploadForm } from './upload-form.tsx'
import { Versions } from './versions.tsx'
import '../../design/owned.css'
import '../../models/models.css'
import './models.css'

/** As many as the server lists at once. */
const MOST_ACTIVATIONS = 200

/** All models of a camera, which of them was active when, and when the next one is made. */
export function ModelsPage({ device, camera: name }: { device: string; camera: string }) {
  const id = `${device}/${name}`
  const { session } = useConsole()
  const { body, fault, load } = useOfCamera(
    async () => {
      const camera = await ownerOf(id)
      const [models, activations] = await Promise.all([
        get<List<ModelBody>>('/api/models', { camera: id }),
        get<List<ActivationBody>>(`${camera.api}/activations`, { limit: MOST_ACTIVATIONS }),
      ])
      return { camera, models: models.items, activations: activations.items }
    },
    { camera: id, isOf: (_, changed) => changed === id, pathOf: modelsPath },
  )
  if (fault.value instanceof ApiError && fault.value.status === 404)
    return (
      <Empty title={`There is no camera ${id}`}>
        <p>
          <a href="/">To the wall of cameras</a>
        </p>
      </Empty>
    )
  if (fault.value !== null)
    return <Failed title="These models could not be loaded" error={fault.value} onRetry={load} />
  if (!body.value) return <Loading what="models" />
  const { camera, models, activations } = body.value
  const canOperate = session.canOperate.value
  const onChanged = () => void load()
  return (
    <article class="page">
      <header class="page-head">
        <div>
          <a class="back" href={camera.page}>
            {name}
          </a>
          <h1>
            Models of {name} <small>{device}</small>
          </h1>
        </div>
        {canOperate && (
          <div class="buttons">
            <RollBack camera={camera} models={models} activations={activations} onDone={onChanged} />
            <a class={`button ${models.length === 0 ? 'main' : ''}`} href={camera.teach}>
              Teach
            </a>
          </div>
        )}
      </header>
      {models.length === 0 ? (
        <section class="card part">
          <h2>No model yet</h2>
          <p class="hint">
            {camera.kind === 'camera'
              ? 'Label some frames and train, take over the model of another camera, or upload one that was downloaded.'
              : 'Label some readings and train, or upload one that was downloaded.'}
          </p>
        </section>
      ) : (
        <Versions camera={camera} models={models} activations={activations} onChanged={onChanged} />
      )}
      <div class="columns even">
        <Activations activations={activations} />
        {canOperate && (
          <div class="page">
            <SchedulesPanel camera={camera} />
            <UploadForm camera={camera} onUploaded={onChanged} />
          </div>
        )}
      </div>
    </article>
  )
}
