import { useEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../../design/elements.tsx'
import { type Draft, flawOfName, renamed, withFile, without } from './draft.ts'
import { FileDialog } from './file-dialog.tsx'

interface FileTabsProps {
  draft: Draft
  /** Such as `.py`: what a new file is called begins with it. */
  ending: string
  /** Id of what shows the file. */
  panel: string
  onEdit(next: (draft: Draft) => Draft): void
  /** There is a new file to write in. */
  onAdded(): void
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 }

/** The files of a program: one is shown; more are added, renamed, removed. */
export function FileTabs({ draft, ending, panel, onEdit, onAdded }: FileTabsProps) {
  const [asks, setAsks] = useState<'add' | 'rename' | null>(null)
  const list = useRef<HTMLDivElement>(null)
  const { files, shown } = draft
  // What was pressed goes with the last file but one: one goes on at the file that is shown then.
  const isRemoved = useRef(false)
  useEffect(() => {
    if (isRemoved.current) list.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus()
    isRemoved.current = false
  }, [shown])
  const names = files.map(({ basename }) => basename)
  const show = (basename: string) => onEdit((now) => ({ ...now, shown: basename }))
  const walk = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    const tabs = [...(list.current?.querySelectorAll<HTMLElement>('[role=tab]') ?? [])]
    // From where the focus stands: the page may be a key behind.
    const next = (tabs.indexOf(event.target as HTMLElement) + step + tabs.length) % tabs.length
    tabs[next]?.focus()
    tabs[next]?.click()
  }
  return (
    <div class="file-bar">
      <div class="files" role="tablist" aria-label="Files" ref={list} onKeyDown={walk}>
        {names.map((basename) => (
          <button
            key={basename}
            type="button"
            role="tab"
            aria-selected={basename === shown}
            aria-controls={panel}
            tabIndex={basename === shown ? 0 : -1}
            onClick={() => show(basename)}
          >
            {basename}
          </button>
        ))}
      </div>
      <div class="buttons">
        <Button kind="quiet" onClick={() => setAsks('add')}>
          Add a file
        </Button>
        <Button kind="quiet" aria-label={`Rename ${shown}`} onClick={() => setAsks('rename')}>
          Rename
        </Button>
        <Remove
          draft={draft}
          onRemove={() => {
            isRemoved.current = true
            onEdit((now) => without(now, shown))
          }}
        />
      </div>
      {asks === 'add' && (
        <FileDialog
          title="Add a file"
          action="Add"
          name={ending}
          flawOf={(name) => flawOfName(name, names)}
          onClose={() => setAsks(null)}
          onNamed={(name) => {
            onEdit((now) => withFile(now, name))
            onAdded()
          }}
        />
      )}
      {asks === 'rename' && (
        <FileDialog
          title={`Rename ${shown}`}
          action="Rename"
          name={shown}
          flawOf={(name) =>
            flawOfName(
              name,
              names.filter((one) => one !== shown),
            )
          }
          onClose={() => setAsks(null)}
          onNamed={(name) => onEdit((now) => renamed(now, shown, name))}
        />
      )}
    </div>
  )
}

/** What was written is asked about before it is gone; a program has one file at least. */
function Remove({ draft, onRemove }: { draft: Draft; onRemove(): void }) {
  const { files, shown } = draft
  const [asked, setAsked] = useState<string | null>(null)
  if (files.length < 2) return null
  const isEmpty = files.find(({ basename }) => basename === shown)?.contents === ''
  const isAsked = asked === shown
  return (
    <Button
      kind={isAsked ? 'danger' : 'quiet'}
      aria-label={isAsked ? `Really remove ${shown}` : `Remove ${shown}`}
      onBlur={() => setAsked(null)}
      onClick={() => {
        if (!isEmpty && !isAsked) return setAsked(shown)
        setAsked(null)
        onRemove()
      }}
    >
      {isAsked ? 'Really remove?' : 'Remove'}
    </Button>
  )
}
