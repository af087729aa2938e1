import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { CameraBody, List } from '../../api/bodies.ts'
import { ApiError, get } from '../../api/client.ts'
import type { SensorBody, TakenReading } from '../../api/sensor-bodies.ts'
import { useConsole } from '../../console.ts'
import { Empty, Loading, Moment } from '../../design/elements.tsx'
import { timeOfDay } from '../../design/words.ts'
import { capturedAt } from '../../live/camera.ts'
import { modelsPath } from '../../router/route.ts'
import { useAnswer } from '../../use-answer.ts'
import { withAsked } from '../camera/asked-span.ts'
import { ChosenFrame } from '../camera/chosen-frame.ts'
import { History, ofSensor } from '../camera/history.ts'
import { HistorySection } from '../camera/history-section.tsx'
import { Transitions } from '../camera/transitions.tsx'
import { CsvImport } from './csv-import.tsx'
import { Learn } from './learn.tsx'
import { Means } from './means.ts'
import { listOf } from './numbers.ts'
import { OfDoors } from './of-doors.tsx'
import { ReadingPlot } from './reading-plot.tsx'
import { ReadingsReview } from './readings-review.tsx'
import { Said } from './said.tsx'
import { SaidOfReading } from './said-of-reading.tsx'
import { FollowerForm, Follows } from './setup/follower-form.tsx'
import { CSI, isChannel } from './setup/parts.ts'

import { SetupForm } from './setup/setup-form.tsx'
import { useNewest } from './use-newest.ts'
import '../camera/camera.css'
import '../camera/sight.css'
import './sensor.css'

interface SensorPageProps {
  device: string
  sensor: string
}

/** One sensor: what it reads now, which state that is, how it is taught, and how it is set. */
export function SensorPage({ device, sensor }: SensorPageProps) {
  const { live, router, session } = useConsole()
  const id = `${device}/${sensor}`
  const body = useSignal<SensorBody | ApiError | null>(null)
  const newest = useNewest(device, sensor)
  const load = async () => {
    try {
      body.value = await get<SensorBody>(`/api/sensors/${id}`)
    } catch (error) {
      if (error instanceof ApiError && !(body.peek() && !(body.peek() instanceof ApiError))) body.value = error
    }
  }
  useEffect(() => void load(), [live.liveness.value])
  useEffect(
    () =>
      live.listen(({ kind, data }) => {
        if (kind === 'job' && data.camera === id && data.state === 'done') void load()
        if (kind === 'camera' && data.camera === id) {
          if (data.change === 'deleted') router.go('/devices', { instead: true })
          else void load()
        }
      }),
    [],
  )
  const answer = body.value
  if (answer === null) return <Loading what={id} />
  const canMake = session.canOperate.value && answer instanceof ApiError && answer.status === 404
  if (answer instanceof ApiError && !canMake) return <NotThere error={answer} id={id} />
  const known = answer instanceof ApiError ? notYet(device, sensor) : answer
  const { source = null } = known
  const numbers = newest.value ?? listOf(known.value)
  const changed = (sensor: SensorBody) => {
    body.value = sensor
  }
  return (
    <article class="camera-page sensor-page">
      <header class="page-head">
        <div>
          <a class="back" href="/devices">
            Devices
          </a>
          <h1>
            {sensor} <small>{device}</small>
          </h1>
          {source !== null && <OfDoors id={id} />}
        </div>
        {source !== null && source.model !== null && (
          <div class="buttons">
            <a class="button" href={modelsPath(source.follows ?? id)}>
              Models
            </a>
          </div>
        )}
      </header>
      {source?.misfit != null && (
        <p class="hint wrong" role="status">
          No state is told, for {source.model} is of another view: {source.misfit}.
        </p>
      )}
      {source === null ? (
        <NotSetUp
          id={id}
          sensor={known}
          numbers={numbers}
          canOperate={session.canOperate.value}
          load={load}
          onChanged={changed}
        />
      ) : (
        <WithStates key={id} id={id} sensor={{ ...known, source }} numbers={numbers} load={load} onChanged={changed} />
      )}
    </article>
  )
}

interface NotSetUpProps {
  id: string
  sensor: SensorBody
  numbers: number[]
  canOperate: boolean
  load(): Promise<void>
  onChanged(sensor: SensorBody): void
}

/** A sensor of which nothing is known: it may be set up, or imported into, before its first reading. */
function notYet(device: string, sensor: string): SensorBody {
  return { ...{ device, sensor, at: null, value: null }, ...{ unit: null, driver: null, fault: null, source: null } }
}

/** Its readings are shown; whoever may can give it states, or import what was labelled elsewhere. */
function NotSetUp({ id, sensor, numbers, canOperate, load, onChanged }: NotSetUpProps) {
  const { live } = useConsole()
  const means = useMemo(() => new Means(id), [id])
  if (numbers.length === 0 && typeof sensor.value === 'string')
    return <p class="hint">It reads texts: states can be told from numbers only.</p>
  return (
    <div class="columns">
      <section class="card part" aria-label="Reading">
        {numbers.length === 0 ? (
          <p class="hint">
            No reading yet: the sensor is there from its first one on, or when it is set up here, or labelled readings
            are imported.
          </p>
        ) : (
          <ReadingPlot
            numbers={numbers}
            view={isChannel(numbers.length) ? { parts: CSI, window: 1 } : null}
            states={[]}
            means={means}
          />
        )}
      </section>
      {canOperate ? (
        <div class="teach learn learn-labels">
          <SetupForm id={id} source={null} length={numbers.length} onChanged={onChanged} />
          <CsvImport id={id} hasLabels={false} onImported={() => void load().then(() => live.reload())} />
        </div>
      ) : (
        <p class="hint">Somebody with the role operator can say which states its numbers stand for.</p>
      )}
    </div>
  )
}

interface WithStatesProps {
  id: string
  sensor: SensorBody & { source: NonNullable<SensorBody['source']> }
  numbers: number[]
  load(): Promise<void>
  onChanged(sensor: SensorBody): void
}

const ASK_MS = 1000

function WithStates({ id, sensor, numbers: come, load, onChanged }: WithStatesProps) {
  const { live, router, session, notices } = useConsole()
  const { source } = sensor
  const means = useMemo(() => new Means(id), [id])
  const newest = useAnswer<List<TakenReading>>(`/api/sensors/${id}/readings?limit=1`, ASK_MS)
  const chosen = useMemo(() => new ChosenFrame((error) => notices.failed(error)), [id])
  const history = useMemo(
    () =>
      new History(ofSensor(id), router.query.peek(), (asked) => router.refine(withAsked(router.query.peek(), asked))),
    [id],
  )
  const past = usePast(chosen.frame.value)
  /** Rises with every label that is said of one reading. */
  const corrected = useSignal(0)
  useEffect(() => {
    history.start()
    const asked = new URLSearchParams(router.query.peek()).get('frame')
    if (asked?.startsWith(`${id}/`)) chosen.show(asked)
    const end = live.listen(({ kind, data }) => kind === 'transition' && data.camera === id && history.refresh())
    return () => {
      end()
      history.close()
      chosen.close()
      means.close()
    }
  }, [id])
  const kept = newest.body.value?.items[0] ?? null
  const shown = past ?? kept
  // One that was only imported into has sent nothing, and can be looked at all the same.
  const numbers = come.length > 0 ? come : listOf(kept?.value)
  const length = numbers.length || (source.vector?.parts.reduce((sum, part) => sum + part.length, 0) ?? 0)
  const at = capturedAt(chosen.frame.value)
  const asCamera: Pick<CameraBody, 'id' | 'device' | 'camera' | 'states' | 'threshold'> = {
    ...{ id, device: sensor.device, camera: sensor.sensor, states: source.states, threshold: source.threshold },
  }
  return (
    <>
      <ReadingsReview id={id} states={source.states} chosen={chosen} />
      <section class="sight card sensor-sight" aria-label="Reading">
        <div class="sensor-plots">
          {at !== null && (
            <p class="hint">
              Of <Moment at={at}>{timeOfDay(at)}</Moment>.{' '}
              <button type="button" class="link" onClick={() => chosen.show(null)}>
                Back to now
              </button>
            </p>
          )}
          {source.follows !== null && <Follows whose={source.follows} />}
          <ReadingPlot
            numbers={past ? listOf(past.value) : numbers}
            view={source.vector}
            states={source.states}
            means={means}
          />
          {numbers.length === 0 ? (
            <p class="hint">No reading yet.</p>
          ) : (
            come.length === 0 &&
            kept !== null &&
            at === null && (
              <p class="hint">
                None has come from a device yet: this is the newest that was imported, of{' '}
                <Moment at={capturedAt(kept.id) ?? 0}>{timeOfDay(capturedAt(kept.id) ?? 0)}</Moment>.
              </p>
            )
          )}
        </div>
        <div class="said">
          {at === null ? (
            <Said id={id} source={source} result={shown?.result ?? null} />
          ) : (
            past && (
              <SaidOfReading
                key={past.id}
                id={id}
                reading={past}
                source={source}
                canOperate={session.canOperate.value}
                onLabelled={() => (corrected.value += 1)}
              />
            )
          )}
        </div>
      </section>
      <Learn
        id={id}
        source={source}
        canOperate={session.canOperate.value}
        corrected={corrected.value}
        onLabelled={(labelled) => void means.load(labelled)}
        onChanged={load}
      />
      <HistorySection
        camera={asCamera}
        history={history}
        chosen={chosen}
        shot="reading"
        onPick={(moment) => void chosen.find((signal) => history.nearest(moment, signal))}
      />
      <div class="columns even">
        <Transitions camera={asCamera} history={history} chosen={chosen} hasPictures={false} />
        {session.canOperate.value &&
          (source.follows === null ? (
            <SetupForm key={length} id={id} source={source} length={length} onChanged={onChanged} />
          ) : (
            <FollowerForm id={id} source={source} onChanged={onChanged} />
          ))}
      </div>
    </>
  )
}

/** The reading of the past that somebody wants to see; null while it is now, or on its way. */
function usePast(frame: string | null): TakenReading | null {
  const found = useSignal<TakenReading | null>(null)
  useEffect(() => {
    found.value = null
    if (frame === null) return
    const ending = new AbortController()
    get<TakenReading>(`/api/readings/${frame}`, {}, ending.signal).then(
      (reading) => {
        found.value = reading
      },
      () => {}, // it may not be kept any more
    )
    return () => ending.abort()
  }, [frame])
  return found.value
}

function NotThere({ error, id }: { error: ApiError; id: string }) {
  return (
    <Empty title={error.status === 404 ? `There is no sensor ${id}` : 'The sensor cannot be shown'}>
      <p>{error.status === 404 ? 'A sensor exists from its first reading on.' : error.message}</p>
      <a class="button" href="/devices">
        To all devices
      </a>
    </Empty>
  )
}
