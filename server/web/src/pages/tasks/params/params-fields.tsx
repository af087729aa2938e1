import type { TaskBody } from '../../../api/task-bodies.ts'
import { InputField } from '../../laboratory/form/input-field.tsx'
import type { Flaws, TaskDraft } from './draft.ts'
import { fieldsOf, pictureFieldsOf } from './fields.ts'
import { PictureChoice } from './picture-choice.tsx'
import '../../laboratory/form/form.css'

interface ParamsFieldsProps {
  task: Pick<TaskBody, 'schema' | 'pictures'>
  draft: TaskDraft
  flaws: Flaws
  /** Without them where the camera gives the picture. */
  hasPictures: boolean
  onChange(draft: TaskDraft): void
}

/** The fields of what a task declares. */
export function ParamsFields({ task, draft, flaws, hasPictures, onChange }: ParamsFieldsProps) {
  const shown = fieldsOf(task).map(({ name, input, initial }) => (
    <InputField
      key={name}
      input={input}
      text={draft.texts[name] ?? initial}
      error={flaws.fields[name] ?? null}
      onChange={(text) => onChange({ ...draft, texts: { ...draft.texts, [name]: text } })}
    />
  ))
  return (
    <>
      {hasPictures &&
        pictureFieldsOf(task).map((field) => (
          <PictureChoice
            key={field.name}
            field={field}
            chosen={draft.pictures[field.name] ?? []}
            error={flaws.fields[field.name] ?? null}
            onChange={(chosen) => onChange({ ...draft, pictures: { ...draft.pictures, [field.name]: chosen } })}
          />
        ))}
      {/* What is short stands beside each other; JSON takes the whole width. */}
      <div class="beside">{shown.filter(({ props }) => props.input.format !== 'json')}</div>
      {shown.filter(({ props }) => props.input.format === 'json')}
    </>
  )
}
