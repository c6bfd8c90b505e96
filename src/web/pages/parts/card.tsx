/** A part of a page, with its heading. */
import type { Child } from 'hono/jsx';

export function Card({ title, id, aside, children }: { title: string; id?: string; aside?: Child; children?: Child }) {
  return (
    <section class="card" id={id}>
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
