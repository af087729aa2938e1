import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { LanguagesBody, SourceFile } from '../../api/program-bodies.ts'
import { useAction } from '../../api/use-action.ts'
import { Button } from '../../design/elements.tsx'
import { type Draft, draftOf, languagesOf, modesOf, programOf, withContents } from './draft.ts'
import { Editor } from './editor/editor.tsx'
import { FileTabs } from './file-tabs.tsx'
import { useDrafts } from './kept-drafts.ts'
import { Options } from './options.tsx'
import { download } from './run/download.ts'
import { RunOutput } from './run/run-output.tsx'
import { useProgramRun } from './run/use-program-run.ts'
import { StartAgain } from './start-again.tsx'
import { filesInWords, MODES } from './words.ts'

interface BenchProps {
  /** Of which there is one at least. */
  languages: LanguagesBody
  who: string
}

/** A program is written on one side, and says what it does on the other. */
export function Bench({ languages: { items, limits }, who }: BenchProps) {
  const { language, draft, hasRoom, isElsewhere, choose, edit } = useDrafts(items, who)
  const { run, begin, clear } = useProgramRun(who)
  const [called, call] = useState(0)
  const packing = useAction()
  const stopping = useAction()
  const panel = useId()
  const output = useRef<HTMLElement>(null)
  const state = run?.state.value ?? null
  const isRunning = state !== null && !state.isOver
  const modes = modesOf(language, draft)
  const mode = modes.includes(draft.mode) ? draft.mode : (modes[0] ?? 'run')
  const shown = draft.files.find(({ basename }) => basename === draft.shown) ?? (draft.files[0] as SourceFile)
  const start = () => {
    if (isRunning) return
    begin(programOf({ ...draft, mode }, language, items))
    // On a phone it stands below what was pressed.
    const { top = 0 } = output.current?.getBoundingClientRect() ?? {}
    if (top < 0 || top > innerHeight / 2) output.current?.scrollIntoView()
  }
  useKey(start)
  const odd = filesInWords(language, languagesOf(draft, items))
  return (
    <div class="laboratory programs page">
      <header class="page-head">
        <h1>Programs</h1>
        <div class="buttons">
          <StartAgain
            isChanged={JSON.stringify(draft) !== JSON.stringify(draftOf(language))}
            language={language.title}
            onStart={() => edit(() => draftOf(language))}
          />
          <Button
            busy={packing.busy.value}
            onClick={() => void packing.run(() => download(programOf(draft, language, items)).then(() => undefined))}
          >
            Download
          </Button>
          <Button kind="main" busy={isRunning} title="Ctrl+Enter" aria-keyshortcuts="Control+Enter" onClick={start}>
            {MODES[mode].action}
          </Button>
        </div>
      </header>
      <div class="columns">
        <section class="card part" aria-label="Program">
          <div class="choices">
            <label class="choice">
              Language
              <select
                value={language.name}
                onChange={({ currentTarget }) => {
                  choose(currentTarget.value)
                  if (!isRunning) clear()
                }}
              >
                {items.map(({ name, title, version }) => (
                  <option key={name} value={name}>
                    {title} ({version})
                  </option>
                ))}
              </select>
            </label>
            <label class="choice">
              Mode
              <select
                value={mode}
                onChange={({ currentTarget }) =>
                  edit((now) => ({ ...now, mode: currentTarget.value as Draft['mode'] }))
                }
              >
                {modes.map((one) => (
                  <option key={one} value={one}>
                    {MODES[one].name}
                  </option>
                ))}
              </select>
            </label>
            {draft.files.length > 1 && (
              <label class="choice">
                Main file
                <select
                  value={draft.main}
                  onChange={({ currentTarget: { value } }) => edit((now) => ({ ...now, main: value }))}
                >
                  <option value="">found by itself</option>
                  {draft.files.map(({ basename }) => (
                    <option key={basename}>{basename}</option>
                  ))}
                </select>
              </label>
            )}
          </div>
          {language.name === 'typescript' && mode === 'run' && modes.includes('compile') && (
            <p class="hint">It runs without a look at its types: the mode compile only looks at them.</p>
          )}
          <FileTabs
            draft={draft}
            ending={language.endings[0] ?? ''}
            panel={panel}
            onEdit={edit}
            onAdded={() => call((count) => count + 1)}
          />
          {odd !== null && (
            <p class="hint wrong" role="status">
              {odd}
            </p>
          )}
          <div id={panel} role="tabpanel" aria-label={shown.basename}>
            <Editor
              file={shown}
              called={called}
              onChange={(basename, contents) => edit((now) => withContents(now, basename, contents))}
              onRun={start}
            />
          </div>
          <p class="hint keys">
            <kbd>Ctrl</kbd>+<kbd>Enter</kbd> runs it. <kbd>Tab</kbd> indents; after <kbd>Esc</kbd> it goes on to the
            next control.
          </p>
          {isElsewhere && (
            <p class="hint" role="status">
              Programs are written in another tab too: each tab keeps its own, and a new one begins with what was
              written last.
            </p>
          )}
          {!hasRoom && (
            <p class="hint wrong" role="alert">
              This browser has no room to keep the draft: download it before you leave.
            </p>
          )}
          <Options language={language} draft={draft} onEdit={edit} />
        </section>
        <section class="card part output" aria-labelledby="output" ref={output}>
          <div class="page-head">
            <h2 id="output">Output</h2>
            {isRunning && (
              <Button
                kind="danger"
                busy={stopping.busy.value || state.wasStopped}
                onClick={() => void stopping.run(() => run?.stop().then(() => undefined) ?? Promise.resolve(undefined))}
              >
                Stop
              </Button>
            )}
          </div>
          <RunOutput run={run} />
          <p class="hint">{limitsInWords(limits)}</p>
        </section>
      </div>
    </div>
  )
}

/** Wherever the focus is; what the editor has taken is not taken twice. */
function useKey(start: () => void) {
  const latest = useRef(start)
  latest.current = start
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return
      if (document.querySelector('dialog[open]')) return
      event.preventDefault()
      latest.current()
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [])
}

const MB = 1e6

function limitsInWords({ ms, memoryBytes, processes }: LanguagesBody['limits']): string {
  return `A run has ${ms / 1000} s, ${Math.round(memoryBytes / MB)} MB, ${processes} processes, no network and no input.`
}
