import { useEffect, useRef, useState } from 'preact/hooks'
import { queryText } from '../../../api/client.ts'
import type { NamedEntry, UploadBody } from '../../../api/laboratory-bodies.ts'
import { Button, Field } from '../../../design/elements.tsx'
import { counted } from '../../../design/words.ts'
import { sendsFile } from '../../../upload/send-file.ts'
import { keyOf } from '../entries.ts'
import { faultsOf } from '../faults.ts'
import type { AddingProps } from './adding.ts'
import '../../../upload/upload.css'

/** A file on its way. */
interface Sending {
  file: File
  /** 0..1 */
  sent: number
  entry: NamedEntry | null
  fault: string | null
}

/** Pictures and FITS files from the machine that the browser runs on: sent one after the other, then added together. */
export function AddUploads({ isOne = false, onAdd }: AddingProps) {
  const [files, setFiles] = useState<Sending[]>([])
  const [isOver, setOver] = useState(false)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState<string | null>(null)
  const ending = useRef<AbortController | null>(null)
  useEffect(() => () => ending.current?.abort(), [])

  const take = async (list: FileList | null | undefined) => {
    const fresh = [...(list ?? [])]
      .slice(0, isOne ? 1 : undefined)
      .map((file): Sending => ({ file, sent: 0, entry: null, fault: null }))
    if (fresh.length === 0 || busy) return
    setBusy(true)
    setFault(null)
    setFiles((before) => [...(isOne ? [] : before), ...fresh])
    const end = new AbortController()
    ending.current = end
    const change = (file: File, some: Partial<Sending>) =>
      setFiles((before) => before.map((one) => (one.file === file ? { ...one, ...some } : one)))
    for (const { file } of fresh) {
      if (end.signal.aborted) break
      try {
        const path = `/api/laboratory/uploads${queryText({ name: file.name })}`
        const send = sendsFile<UploadBody>(path, 'application/octet-stream')
        const { basename, type } = await send(file, (sent) => change(file, { sent }), end.signal)
        change(file, { sent: 1, entry: { type: type ?? 'image', source: 'datalab', basename } })
      } catch (error) {
        const { fields, rest } = faultsOf(error, [])
        change(file, { fault: rest ?? Object.values(fields).join(' ') })
      }
    }
    setBusy(false)
  }
  // The same bytes under two names are one file.
  const taken = [
    ...new Map(files.flatMap(({ entry }) => (entry === null ? [] : [[keyOf(entry), entry] as const]))).values(),
  ]
  const add = async () => {
    setBusy(true)
    try {
      await onAdd(taken)
    } catch (error) {
      setFault(faultsOf(error, []).rest)
      setBusy(false)
    }
  }
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: whoever cannot drop files chooses them in the field */}
      <div
        class={isOver ? 'upload over' : 'upload'}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          void take(event.dataTransfer?.files)
        }}
      >
        <Field
          label={isOne ? 'Choose a file, or drop it here' : 'Choose files, or drop them here'}
          hint="PNG, JPEG and TIFF; FITS, also .gz and .fz. They are yours alone."
        >
          {(ids) => (
            <input
              {...ids}
              type="file"
              multiple={!isOne}
              accept="image/png,image/jpeg,image/tiff,.fits,.fit,.fts,.gz,.fz"
              disabled={busy}
              onChange={({ currentTarget }) => {
                void take(currentTarget.files)
                currentTarget.value = '' // so that the same one can be chosen again
              }}
            />
          )}
        </Field>
      </div>
      {files.length > 0 && (
        <ul class="sending-list" aria-label="Files">
          {files.map(({ file, sent, entry, fault: wrong }) => (
            <li key={file}>
              <span>{file.name}</span>
              {wrong !== null ? (
                <span class="hint wrong" role="alert">
                  {wrong}
                </span>
              ) : entry === null ? (
                <progress class="progress" value={sent} max={1} aria-label={`Sending ${file.name}`} />
              ) : (
                <small>
                  {entry.basename === stemOf(file.name) ? 'is on the server' : `is on the server as ${entry.basename}`}
                </small>
              )}
            </li>
          ))}
        </ul>
      )}
      {fault !== null && (
        <p class="hint wrong" role="alert">
          {fault}
        </p>
      )}
      <Button kind="main" busy={busy} disabled={taken.length === 0} onClick={() => void add()}>
        {taken.length === 0 ? 'Add files' : `Add ${counted(taken.length, 'file')}`}
      </Button>
    </>
  )
}

/** `gate` of `gate.png`, `m31` of `m31.fits.gz` */
const stemOf = (name: string) => name.replace(/(\.(fits|fit|fts))?\.[a-z]+$/i, '')
