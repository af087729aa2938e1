import { CopyText } from '../../design/copy-text.tsx'

/** Where tasks lie, and how one comes there. */
export function HowToAdd() {
  return (
    <div class="how-to-add">
      <p>
        Tasks lie in the folder that <code>AJAR_TASKS_DIR</code> names; those that come with ajar are in{' '}
        <code>server/tasks</code>, and one of yours with the same name stands in place of ajar's. This makes a file that
        can be run at once; <code>--lang py</code> or <code>sh</code> makes one in Python or for the shell:
      </p>
      <CopyText label="In the folder of ajar" text="npm run new-task NAME" />
      <p>What you change in a file counts at the next run; nothing has to be restarted.</p>
    </div>
  )
}
