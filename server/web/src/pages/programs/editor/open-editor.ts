import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import type { SourceFile } from '../../../api/program-bodies.ts'
import { highlightingOf } from './highlighting.ts'
import { look } from './look.ts'

interface Asked {
  onChange(basename: string, contents: string): void
  onRun(): void
}

export interface OpenEditor {
  /** Shows a file as it was left, with what can be undone; one that was changed elsewhere is new. */
  show(file: SourceFile): void
  focus(): void
  close(): void
}

/**
 * CodeMirror in a shadow tree: there it gives its rules to the browser as constructed sheets, which the console's policy
 * lets through; in the page itself it would write them into an element, which the policy forbids.
 */
export function openEditor(host: HTMLElement, { onChange, onRun }: Asked): OpenEditor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' })
  const language = new Compartment()
  const left = new Map<string, EditorState>()
  let shown = ''
  /** What was typed and has not come back by `show`: whoever types is ahead of the page. */
  let told: string[] = []
  const tell = (basename: string, contents: string) => {
    told.push(contents)
    onChange(basename, contents)
  }
  const ran = () => {
    onRun()
    return true
  }
  const stateOf = ({ basename, contents }: SourceFile) =>
    EditorState.create({
      doc: contents,
      extensions: [
        keymap.of([{ key: 'Mod-Enter', run: ran }]),
        lineNumbers(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        // Of Ada three columns are the custom, of Python four.
        indentUnit.of(' '.repeat(/\.(ad[abs]|gpr)$/.test(basename) ? 3 : /\.py$/.test(basename) ? 4 : 2)),
        bracketMatching(),
        closeBrackets(),
        search(),
        highlightSelectionMatches(),
        // Tab indents; the editor lets it go on to the next control after Escape.
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
        language.of([]),
        look,
        leaving,
        EditorView.domEventHandlers({ beforeinput: replaceSelected }),
        // What is scrolled is reached by the keyboard, and said to be.
        EditorView.contentAttributes.of({ 'aria-label': `Contents of ${basename}`, tabindex: '0' }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) tell(basename, state.doc.toString())
        }),
      ],
    })
  const view = new EditorView({ parent: root, root, state: EditorState.create() })
  const colour = async (basename: string) => {
    const extension = await highlightingOf(basename).catch(() => []) // it can be read without colours too
    if (shown === basename) view.dispatch({ effects: language.reconfigure(extension) })
  }
  return {
    show(file) {
      const isShown = file.basename === shown
      const comesBack = isShown ? told.lastIndexOf(file.contents) : -1
      told = isShown ? told.slice(comesBack + 1) : []
      if (comesBack >= 0) return
      const state = isShown ? view.state : left.get(file.basename)
      const isSame = state?.doc.toString() === file.contents
      if (isShown && isSame) return
      if (!isShown && shown !== '') left.set(shown, view.state)
      shown = file.basename
      view.setState(state && isSame ? state : stateOf(file))
      void colour(file.basename)
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  }
}

/** Keys that are held with others. */
const HELD = ['Shift', 'Control', 'Alt', 'Meta']

/**
 * After Escape, Tab goes on to the next control until something else is typed or clicked. By itself the editor would take it
 * back after two seconds, which are over before somebody who reads the hint, or has it read, has pressed Tab.
 */
const leaving = EditorView.domEventHandlers({
  keydown({ key }, view) {
    if (key === 'Escape') view.setTabFocusMode(true)
    else if (key !== 'Tab' && !HELD.includes(key)) view.setTabFocusMode(false)
    return false
  },
  mousedown: (_, view) => view.setTabFocusMode(false),
  blur: (_, view) => view.setTabFocusMode(false),
})

/**
 * Typing over what is selected. Left to the browser, it would keep the looks of what it deletes by an inline style, which the
 * policy of the page forbids, and says so for each.
 */
function replaceSelected(event: InputEvent, view: EditorView): boolean {
  const { inputType, data, isComposing } = event
  const { from, to, empty } = view.state.selection.main
  if (inputType !== 'insertText' || data === null || isComposing || empty) return false
  event.preventDefault()
  const insert = () =>
    view.state.update(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true })
  // A bracket is put around it.
  if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, data, insert)))
    view.dispatch(insert())
  return true
}
