import { useEffect, useRef, useState } from 'preact/hooks'
import type { SourceFile } from '../../../api/program-bodies.ts'
import type { OpenEditor } from './open-editor.ts'

interface EditorProps {
  file: SourceFile
  /** Changes where somebody is to write in the file that is shown. */
  called: number
  onChange(basename: string, contents: string): void
  onRun(): void
}

/** One file to write in. Until the script of the editor is here, or where it cannot be had, a plain field. */
export function Editor({ file, called, onChange, onRun }: EditorProps) {
  const host = useRef<HTMLDivElement>(null)
  const open = useRef<OpenEditor | null>(null)
  const [isHere, setIsHere] = useState(false)
  const plain = useRef<HTMLTextAreaElement>(null)
  const isWritten = useRef(false)
  // What it calls is what the page is now.
  const asked = useRef({ file, onChange, onRun })
  asked.current = { file, onChange, onRun }
  useEffect(() => {
    let isLeft = false
    import('./open-editor.ts').then(
      ({ openEditor }) => {
        if (isLeft || !host.current) return
        open.current = openEditor(host.current, {
          onChange: (basename, contents) => asked.current.onChange(basename, contents),
          onRun: () => asked.current.onRun(),
        })
        open.current.show(asked.current.file)
        isWritten.current = document.activeElement === plain.current
        setIsHere(true)
      },
      () => {},
    )
    return () => {
      isLeft = true
      open.current?.close()
    }
  }, [])
  useEffect(() => open.current?.show(file), [file])
  useEffect(() => {
    if (called > 0) (open.current ?? plain.current)?.focus()
  }, [called])
  // Whoever has begun to write goes on there.
  useEffect(() => {
    if (isHere && isWritten.current) open.current?.focus()
  }, [isHere])
  return (
    <>
      <div ref={host} class="editor" hidden={!isHere} />
      {!isHere && (
        <textarea
          ref={plain}
          class="editor plain"
          aria-label={`Contents of ${file.basename}`}
          spellcheck={false}
          value={file.contents}
          onInput={({ currentTarget }) => onChange(file.basename, currentTarget.value)}
        />
      )}
    </>
  )
}
