import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo } from 'preact/hooks'
import type { CameraBody } from '../../api/bodies.ts'
import { ApiError, get } from '../../api/client.ts'
import type { CameraEvent } from '../../api/events.ts'
import { useConsole } from '../../console.ts'
import { Empty, Loading } from '../../design/elements.tsx'
import { nameNow } from '../../live/renamed.ts'
import { cameraPath, modelsPath, teachPath } from '../../router/route.ts'
import { withAsked } from './asked-span.ts'
import { Care } from './care.tsx'
import { ChosenFrame } from './chosen-frame.ts'
import { History, ofCamera } from './history.ts'
import { HistorySection } from './history-section.tsx'
import { ResultsTable } from './results-table.tsx'
import { SettingsForm } from './settings-form.tsx'
import { Sight } from './sight.tsx'
import { Transitions } from './transitions.tsx'
import './camera.css'

/** One camera: what it sees now, what it saw, and how it is set. */
export function CameraPage({ device, camera }: { device: string; camera: string }) {
  const { live, session, router, notices } = useConsole()
  const id = `${device}/${camera}`
  const body = useSignal<CameraBody | ApiError | null>(null)
  const chosen = useMemo(() => new ChosenFrame((error) => notices.failed(error)), [id])
  const history = useMemo(
    () =>
      new History(ofCamera(id), router.query.peek(), (asked) => router.refine(withAsked(router.query.peek(), asked))),
    [id],
  )

  const load = async () => {
    try {
      body.value = await get<CameraBody>(`/api/cameras/${id}`)
    } catch (error) {
      const now = await nameNow(id, error).catch(() => null)
      if (now !== null) return router.go(cameraPath(now), { instead: true })
      if (error instanceof ApiError && !(body.value && !(body.value instanceof ApiError))) body.value = error
    }
  }
  /** Somebody, here or elsewhere, changed the camera. */
  const onChange = ({ change, to }: CameraEvent) => {
    if (change === 'deleted') return router.go('/', { instead: true })
    if (change === 'renamed' && to) return router.go(cameraPath(to), { instead: true })
    void load()
    history.reload()
    if (change === 'purged') chosen.show(null) // it may be one that is gone
  }
  useEffect(() => {
    void load()
    const asked = new URLSearchParams(router.query.peek()).get('frame')
    if (asked?.startsWith(`${id}/`))
      void chosen.find((signal) => get<{ frame: string }>(`/api/frames/${asked}`, {}, signal).then(() => asked))
    const end = live.listen(({ kind, data }) => {
      if (kind === 'transition' && data.camera === id) history.refresh()
      if (kind === 'job' && data.camera === id && data.state === 'done') void load()
      if (kind === 'camera' && data.camera === id) onChange(data)
    })
    return () => {
      end()
      history.close()
      chosen.close()
    }
  }, [id])
  const known = body.value
  const isThere = known !== null && !(known instanceof ApiError)
  useEffect(() => {
    if (isThere) history.start()
  }, [isThere])
  useEscape(() => chosen.show(null), chosen.frame.value !== null || chosen.isSought.value)

  if (known instanceof ApiError) return <NotThere error={known} id={id} />
  if (known === null) return <Loading what={id} />
  const pick = (at: number) => void chosen.find((signal) => history.nearest(at, signal))
  return (
    <article class="camera-page">
      <header class="page-head">
        <div>
          <a class="back" href={router.wallPath}>
            Cameras
          </a>
          <h1>
            {camera} <small>{device}</small>
          </h1>
        </div>
        <div class="buttons">
          <a class="button" href={modelsPath(id)}>
            Models
          </a>
          {session.canOperate.value && (
            <a class={`button ${known.model === null ? 'main' : ''}`} href={teachPath(id)}>
              Teach
            </a>
          )}
        </div>
      </header>
      <Sight camera={known} history={history} chosen={chosen} />
      <HistorySection camera={known} history={history} chosen={chosen} onPick={pick} />
      <div class="columns">
        <ResultsTable camera={known} history={history} chosen={chosen} />
        <Transitions camera={known} history={history} chosen={chosen} />
      </div>
      {session.canOperate.value && (
        <div class="columns even">
          <SettingsForm camera={known} onChanged={(changed) => (body.value = changed)} />
          <Care camera={known} onChanged={load} />
        </div>
      )}
    </article>
  )
}

/** Escape, unless a field or a dialog takes it. */
function useEscape(act: () => void, isWanted: boolean) {
  // At once: whoever sees that there is something to leave may press it.
  useLayoutEffect(() => {
    if (!isWanted) return
    const press = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return
      if (!(event.target as Element).closest('input, select, textarea, dialog')) act()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [isWanted])
}

function NotThere({ error, id }: { error: ApiError; id: string }) {
  return (
    <Empty title={error.status === 404 ? `There is no camera ${id}` : 'The camera cannot be shown'}>
      <p>
        {error.status === 404
          ? 'A camera exists from its first frame on; it may also have been renamed.'
          : error.message}
      </p>
      <a class="button" href="/">
        To all cameras
      </a>
    </Empty>
  )
}
