import { useEffect, useState } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { RawData } from '../../../api/laboratory-bodies.ts'
import { Empty, Loading } from '../../../design/elements.tsx'
import type { PictureName } from '../../../router/route.ts'
import { entryInWords } from '../entries.ts'
import { Profile } from './profile.tsx'
import { type Bounds, Stretch } from './stretch.tsx'
import { useStretched } from './use-stretched.ts'
import type { Box, Line } from './view.ts'
import { Viewer } from './viewer.tsx'
import '../results/results.css'
import './picture.css'

interface StudyProps {
  picture: PictureName
  /** The address of it as a JPEG; null: it has none; undefined: that is not known yet. */
  plain: string | null | undefined
}

/** The histogram is of the picture made so small: larger ones take longer, and look the same. */
const SAMPLES = 512

/** What a picture shows, how its values lie, and how they run along a line. */
export function Study({ picture, plain }: StudyProps) {
  const { data, wrong } = useRawData(picture)
  const [size, setSize] = useState<Box | null>(null)
  const [bounds, setBounds] = useState<Bounds | null>(null)
  const [line, setLine] = useState<Line | null>(null)
  const [wanted, setWanted] = useState<Line | null>(null)
  const [isGone, setGone] = useState(false)
  // What has no JPEG yet, as a FITS file, is stretched from the begin.
  const own = plain === null && data !== null ? { zmin: data.zmin, zmax: data.zmax } : null
  const stretched = useStretched(picture, bounds ?? own)
  const address = (bounds ?? own) === null ? (plain ?? null) : (stretched.address ?? plain ?? null)
  const said = wrong ?? stretched.fault
  if (isGone || (address === null && said !== null))
    return (
      <Empty title="The picture could not be loaded">
        <p>{said ?? 'It is not kept any more, or it is not yours.'}</p>
      </Empty>
    )
  return (
    <div class="columns">
      <section class="card part" aria-label="Picture">
        {address === null ? (
          <Loading what="picture" />
        ) : (
          <Viewer
            picture={address}
            name={entryInWords(picture)}
            size={size}
            line={line}
            onSize={setSize}
            onFailed={() => setGone(true)}
            onLine={(drawn, isEnd) => {
              setLine(drawn)
              if (isEnd && drawn) setWanted(drawn)
            }}
          />
        )}
        {said !== null && (
          <p class="hint wrong" role="alert">
            {said}
          </p>
        )}
      </section>
      <div class="page">
        {size !== null && (
          <Profile
            picture={picture}
            size={size}
            line={line}
            wanted={wanted}
            onLine={(typed) => {
              setLine(typed)
              setWanted(typed)
            }}
          />
        )}
        {data !== null && <Stretch data={data} bounds={bounds} onChange={setBounds} />}
      </div>
    </div>
  )
}

function useRawData({ source, basename }: PictureName): { data: RawData | null; wrong: string | null } {
  const [answer, setAnswer] = useState<{ data: RawData | null; wrong: string | null }>({ data: null, wrong: null })
  useEffect(() => {
    let isLeft = false
    send<RawData>('POST', '/api/analysis/raw-data', { source, basename, max_size: SAMPLES }).then(
      (data) => isLeft || setAnswer({ data, wrong: null }),
      (error: Error) => isLeft || setAnswer({ data: null, wrong: error.message }),
    )
    return () => {
      isLeft = true
    }
  }, [source, basename])
  return answer
}
