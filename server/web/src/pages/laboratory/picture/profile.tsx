import { useEffect, useState } from 'preact/hooks'
import { send } from '../../../api/client.ts'
import type { LineProfile } from '../../../api/laboratory-bodies.ts'
import { amount } from '../../../design/words.ts'
import { page } from '../../../page.tsx'
import type { PictureName } from '../../../router/route.ts'
import { type Box, type Line, lengthOf } from './view.ts'

const Chart = page(async () => (await import('../results/chart.tsx')).Chart)

interface ProfileProps {
  picture: PictureName
  size: Box
  line: Line | null
  /** Of the last line that was let go; null: none yet. */
  wanted: Line | null
  onLine(line: Line): void
}

const FIELDS = [
  ['x1', 'From x'],
  ['y1', 'From y'],
  ['x2', 'To x'],
  ['y2', 'To y'],
] as const

/** The values along a line, drawn on the picture or typed. */
export function Profile({ picture, size, line, wanted, onLine }: ProfileProps) {
  const [answer, setAnswer] = useState<LineProfile | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  const { source, basename } = picture
  useEffect(() => {
    if (wanted === null) return
    let isOld = false
    setFault(null)
    send<LineProfile>('POST', '/api/analysis/line-profile', { source, basename, ...size, ...wanted }).then(
      (body) => isOld || setAnswer(body),
      (error: Error) => isOld || setFault(error.message),
    )
    return () => {
      isOld = true
    }
  }, [source, basename, JSON.stringify(wanted)])
  const shown = line ?? { x1: 0, y1: Math.floor(size.height / 2), x2: size.width - 1, y2: Math.floor(size.height / 2) }
  return (
    <section class="card part" aria-labelledby="profile">
      <header>
        <h2 id="profile">Profile along a line</h2>
        {answer !== null && (
          <a class="button quiet" href={asFile(answer)} download={`${basename}-profile.csv`}>
            Download as CSV
          </a>
        )}
      </header>
      <form
        class="line-form"
        onSubmit={(event) => {
          event.preventDefault()
          const given = new FormData(event.currentTarget)
          const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = FIELDS.map(([name]) => Number(given.get(name)))
          onLine({ x1, y1, x2, y2 })
        }}
      >
        {FIELDS.map(([name, label]) => (
          <label key={name}>
            <span>{label}</span>
            <input
              name={name}
              type="number"
              step="any"
              min={0}
              max={(name.startsWith('x') ? size.width : size.height) - 1}
              required
              value={shown[name]}
            />
          </label>
        ))}
        <button class="button" type="submit">
          Measure
        </button>
      </form>
      {fault !== null && (
        <p class="hint wrong" role="alert">
          {fault}
        </p>
      )}
      {answer === null && fault === null && (
        <p class="hint">Draw a line on the picture, or type its ends: its values are drawn here.</p>
      )}
      {answer !== null && (
        <>
          <Chart
            label="Values along the line"
            x={null}
            lines={[{ name: 'value', y: answer.line_profile }]}
            along="samples from the first end"
          />
          <p class="hint">{inWords(answer, wanted)}</p>
        </>
      )}
    </section>
  )
}

function inWords({ line_profile, arcsec, position_angle }: LineProfile, line: Line | null): string {
  const words = [`${amount(line_profile.length)} values`]
  if (line) words.push(`${lengthOf(line).toFixed(1)} pixels long`)
  if (typeof arcsec === 'number') words.push(`${amount(arcsec)} arc seconds`)
  if (typeof position_angle === 'number') words.push(`position angle ${amount(position_angle)}°`)
  return `${words.join(', ')}.`
}

/** Made where it is asked for: a file that no server keeps. */
function asFile({ line_profile }: LineProfile): string {
  const rows = line_profile.map((value, index) => `${index},${value ?? ''}`)
  return `data:text/csv;charset=utf-8,${encodeURIComponent(`sample,value\r\n${rows.join('\r\n')}\r\n`)}`
}
