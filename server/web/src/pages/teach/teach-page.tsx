import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { CameraBody } from '../../api/bodies.ts'
import { ApiError, get } from '../../api/client.ts'
import { useConsole } from '../../console.ts'
import { Button, Empty, Failed, Loading } from '../../design/elements.tsx'
import { nameNow } from '../../live/renamed.ts'
import { cameraPath, modelsPath, teachPath } from '../../router/route.ts'
import { labelCounts, saveLabels } from './calls.ts'
import { Desk } from './desk.tsx'
import { ImportPanel } from './import-panel.tsx'
import { LostLabels } from './lost-labels.ts'
import { Sheet } from './sheet.ts'
import { SiblingStart } from './sibling-start.tsx'
import { StatesDialog } from './states-dialog.tsx'
import './teach.css'

/** Where a camera learns its states: frames are labelled by one key each, then trained from. */
export function TeachPage({ device, camera: name }: { device: string; camera: string }) {
  const id = `${device}/${name}`
  const { live, notices, router, session } = useConsole()
  const [camera, setCamera] = useState<CameraBody | null>(null)
  const [fault, setFault] = useState<unknown>(null)
  const shown = useRef(false)
  const [needed, setNeeded] = useState({ least: 2, good: 20 })
  const [borrowed, setBorrowed] = useState<Record<string, number>>({})
  const [editing, edit] = useState(false)
  const sheet = useMemo(() => {
    const lost = new LostLabels(notices)
    return new Sheet({ save: saveLabels, onFailed: (error, count) => lost.tell(error, count) })
  }, [id])
  const load = async () => {
    try {
      const [body] = await Promise.all([
        get<CameraBody>(`/api/cameras/${id}`),
        sheet.count(async () => {
          const { counts, borrowed = {}, least, good } = await labelCounts(id)
          setNeeded({ least, good })
          setBorrowed(borrowed)
          return counts
        }),
      ])
      shown.current = true
      setCamera(body)
      setFault(null)
    } catch (error) {
      const now = await nameNow(id, error).catch(() => null)
      if (now !== null) return router.go(teachPath(now) + router.query.peek(), { instead: true })
      // What is on the desk stays there.
      if (shown.current) notices.failed(error)
      else setFault(error)
    }
  }
  useEffect(() => {
    void load()
    return live.listen((event) => {
      if (event.kind !== 'camera' || event.data.camera !== id) return
      const { change, to } = event.data
      if (change === 'deleted') router.go('/', { instead: true })
      else if (change === 'renamed' && to) router.go(teachPath(to), { instead: true })
      else void load()
    })
  }, [id])

  if (fault instanceof ApiError && fault.status === 404)
    return (
      <Empty title={`There is no camera ${id}`}>
        <p>It appears with its first frame; it may also have been renamed.</p>
        <p>
          <a href="/">To the wall of cameras</a>
        </p>
      </Empty>
    )
  if (fault !== null) return <Failed title="This camera could not be loaded" error={fault} onRetry={load} />
  if (!camera || session.who.value === undefined) return <Loading what="camera" />
  if (!session.canOperate.value)
    return (
      <Empty title="Teaching needs the role operator">
        <p>You may look at everything. Ask an admin for a token of role operator to label frames and train.</p>
        <p>
          <a href={cameraPath(id)}>To the camera</a>
        </p>
      </Empty>
    )
  const isNew = camera.model === null && isUnlabelled(sheet)
  return (
    <div class="teach">
      <header class="head">
        <div>
          <h1>Teach {id}</h1>
          <p class="hint">
            Say what frames show; the camera learns it
            {camera.model === null ? ` from about ${needed.good} frames of each state.` : ' at the next training.'}
          </p>
        </div>
        <div class="actions">
          <Button onClick={() => edit(true)}>States</Button>
          <a class="button" href={modelsPath(id)}>
            Models
          </a>
          <a class="button" href={cameraPath(id)}>
            Camera
          </a>
        </div>
      </header>
      {camera.states.length < 2 ? (
        <Empty title="Which states can this camera be in?">
          <p>A door is closed or open; a parking bay is free or taken. Two states are the least.</p>
          <Button kind="main" onClick={() => edit(true)}>
            Name the states
          </Button>
        </Empty>
      ) : (
        <Desk camera={camera} sheet={sheet} needed={needed} borrowed={borrowed} onChanged={() => void load()}>
          {isNew && <SiblingStart camera={camera} onStarted={() => void load()} />}
        </Desk>
      )}
      {isNew && camera.states.length < 2 && (
        <div class="beginnings">
          <SiblingStart camera={camera} onStarted={() => void load()} />
          <ImportPanel camera={camera} hasLabels={false} onImported={() => void load()} />
        </div>
      )}
      {editing && (
        <StatesDialog
          camera={camera}
          counts={sheet.counts.value}
          onClose={() => edit(false)}
          onSaved={(body) => {
            setCamera(body)
            edit(false)
          }}
        />
      )}
    </div>
  )
}

function isUnlabelled(sheet: Sheet): boolean {
  return Object.values(sheet.counts.value).every((count) => count === 0)
}
