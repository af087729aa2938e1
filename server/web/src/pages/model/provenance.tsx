import type { ModelBody } from '../../api/model-bodies.ts'
import { Age } from '../../design/elements.tsx'
import { StateBadge } from '../../design/state-badge.tsx'
import { counted } from '../../design/words.ts'
import { JobLog } from '../../jobs/job-log.tsx'
import { type Owner, shotOf } from '../../models/owner.ts'
import { originInWords } from '../../models/words.ts'
import { RegionPicture } from '../../picture/region-picture.tsx'
import { modelPath } from '../../router/route.ts'

const SHORT = 12

/** Where a model comes from, and all that made it what it is. */
export function Provenance({ model, camera }: { model: ModelBody; camera: Owner }) {
  const { labels, region, parent } = model
  const borrowed = model.evaluation?.borrowed ?? 0
  return (
    <section class="card part provenance" aria-labelledby="provenance">
      <h2 id="provenance">What it was made of</h2>
      <dl class="facts">
        <dt>Made</dt>
        <dd>
          <Age at={Date.parse(model.createdAt)} />, {originInWords(model.origin)}
          {model.original && <small> as {model.original}</small>}
        </dd>
        <dt>After</dt>
        <dd>{parent === null ? 'no other model' : <a href={modelPath(parent)}>{parent}</a>}</dd>
        <dt>Labels</dt>
        <dd>
          {labels === null ? (
            'not known'
          ) : (
            <>
              {counted(labels.frames, shotOf(camera))}
              {borrowed > 0 && `, ${borrowed} of them of other cameras`}{' '}
              {Object.entries(labels.perState).map(([state, count]) => (
                <span key={state} class="of-state">
                  <StateBadge state={state} states={camera.states} /> {count}
                </span>
              ))}
            </>
          )}
        </dd>
        {labels && (
          <>
            <dt>Digest</dt>
            <dd>
              <code title={labels.digest}>{labels.digest.slice(0, SHORT)}</code>
            </dd>
          </>
        )}
        <dt>{model.view ? 'Kind' : 'Backbone'}</dt>
        <dd>{model.view ? 'dense networks' : model.backbone}</dd>
        <dt>Engine</dt>
        <dd>{model.engine}</dd>
        <dt>Seed</dt>
        <dd>{model.seed ?? '–'}</dd>
        {camera.kind === 'camera' && (
          <>
            <dt>Looks at</dt>
            <dd>{region === null ? 'the whole picture' : 'a region of the picture'}</dd>
          </>
        )}
        {model.view && (
          <>
            <dt>Looks at</dt>
            <dd>
              {model.view.parts.map(({ name, length }) => `${name} (${length})`).join(', ')}
              {model.view.window > 1 && `, the last ${model.view.window} readings`}
            </dd>
          </>
        )}
      </dl>
      {region && <RegionPicture frame={camera.lastFrame} region={region} alt="What it looks at; the rest is dimmed" />}
      {model.job && <JobLog id={model.job} isRunning={false} />}
    </section>
  )
}
