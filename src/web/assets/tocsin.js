/**
 * The only script: it adds times in the reader's own zone, makes the copy buttons and the keys work, says on how many alerts a
 * form acts, and keeps the list of alerts fresh. Pages are usable without it.
 *
 * Contract: it sets text, and takes elements of the same page as our Worker renders it again: nothing on the page can become
 * markup.
 */
(() => {
  const two = (n) => String(n).padStart(2, '0');
  const day = (d) => d.getFullYear() + '-' + two(d.getMonth() + 1) + '-' + two(d.getDate());

  /** Adds the reader's own zone. */
  const localize = (root) => {
    for (const time of root.querySelectorAll('time[datetime]')) {
      const at = new Date(time.dateTime);
      const east = -at.getTimezoneOffset();
      if (Number.isNaN(east) || east === 0) continue;
      const clock = two(at.getHours()) + ':' + two(at.getMinutes());
      if ('ago' in time.dataset) {
        time.title = day(at) + ' ' + clock + ' (' + time.title + ')';
        continue;
      }
      if ('short' in time.dataset) {
        time.title = time.textContent + ' UTC';
        time.textContent = day(at).slice(5) + ' ' + clock;
        continue;
      }
      const zone = time.parentElement.querySelector('.zone');
      if (zone === null) continue;
      const utc = document.createElement('span');
      utc.className = 'utc';
      const same = time.textContent.startsWith(day(at));
      utc.textContent = (same ? time.textContent.slice(11) : time.textContent) + ' UTC';
      const size = Math.abs(east);
      zone.textContent = (east < 0 ? '\u2212' : '+') + two(Math.floor(size / 60)) + ':' + two(size % 60);
      time.textContent = day(at) + ' ' + clock + ':' + two(at.getSeconds());
      time.parentElement.append(' ', utc);
    }
  };

  const list = document.getElementById('list');
  const items = () => [...document.querySelectorAll('[data-alert]')];
  /** As the Worker rendered them, to see what has changed. */
  const rendered = new Map(items().map((item) => [item.dataset.alert, item.outerHTML]));

  localize(document);
  document.documentElement.classList.add('scripted');

  for (const button of document.querySelectorAll('button[data-copies]')) {
    const from = document.getElementById(button.dataset.copies);
    if (from === null) continue;
    const name = button.textContent;
    button.hidden = false;
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(from.textContent);
        button.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(from);
        button.textContent = 'Selected';
      }
      setTimeout(() => {
        button.textContent = name;
      }, 2500);
    });
  }

  // What a form did is said once: not again where the page is loaded again or shared.
  const here = new URL(location.href);
  if (here.searchParams.has('did')) {
    here.searchParams.delete('did');
    history.replaceState(null, '', here);
  }

  // Several at once.
  const form = document.getElementById('several');
  const chosen = document.getElementById('chosen');
  const boxes = () => (form === null ? [] : [...form.querySelectorAll('.box')]);
  const count = () => {
    if (form === null) return;
    const n = boxes().filter((box) => box.checked).length;
    chosen.textContent = n === 0 ? 'Choose alerts to act on:' : 'Acts on ' + n + (n === 1 ? ' alert:' : ' alerts:');
    form.classList.toggle('chosen', n > 0);
  };
  if (form !== null) {
    form.addEventListener('change', count);
    form.addEventListener('submit', (event) => {
      const isResolve = event.submitter !== null && event.submitter.value === 'resolve';
      const problem = !boxes().some((box) => box.checked)
        ? 'Choose alerts first.'
        : isResolve && form.elements.reason.value === ''
          ? 'Choose a reason to resolve.'
          : null;
      if (problem === null) return;
      event.preventDefault();
      chosen.textContent = problem;
    });
    count();
  }

  const all = document.getElementById('all');
  if (all !== null) {
    all.hidden = false;
    all.addEventListener('click', () => {
      const most = boxes().some((box) => !box.checked);
      for (const box of boxes()) box.checked = most;
      count();
    });
  }

  // On the page of an alert, several buttons share a form: each needs another field of it.
  for (const button of document.querySelectorAll('button[formaction]')) {
    button.addEventListener('click', () => {
      for (const field of button.form.elements)
        field.required = field.name !== '' && field.name === button.dataset.needs;
    });
  }

  // Keys. They can be turned off: speech input types letters too.
  const KEYS = [
    ['j', 'next alert'],
    ['k', 'previous alert'],
    ['x', 'choose the alert'],
    ['a', 'acknowledge what is chosen, else the alert'],
    ['r', 'resolve it: choose a reason'],
    ['s', 'silence the alert'],
    ['/', 'search'],
    ['?', 'these keys'],
  ];
  const OFF = 'tocsin-keys-off';
  const stored = () => {
    try {
      return localStorage.getItem(OFF) !== null;
    } catch {
      return false;
    }
  };
  let off = stored();
  const make = (tag, text, more) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  /** The dialog of the keys, made when it is asked for. */
  const showKeys = () => {
    const dialog = make('dialog', '');
    const list = make('dl', '', { className: 'keys' });
    for (const [key, words] of KEYS) {
      const [row, term] = [make('div', ''), make('dt', '')];
      term.append(make('kbd', key));
      row.append(term, make('dd', words));
      list.append(row);
    }
    const nameOf = () => (off ? 'Turn keys on' : 'Turn keys off');
    const toggle = make('button', nameOf(), { className: 'second' });
    toggle.addEventListener('click', () => {
      off = !off;
      toggle.textContent = nameOf();
      try {
        if (off) localStorage.setItem(OFF, '1');
        else localStorage.removeItem(OFF);
      } catch {}
    });
    const close = make('button', 'Close');
    close.addEventListener('click', () => dialog.close());
    const buttons = make('p', '', { className: 'buttons' });
    buttons.append(close, toggle);
    const title = make('h2', 'Keys', { id: 'keys-title' });
    dialog.setAttribute('aria-labelledby', title.id);
    dialog.append(title, list, buttons);
    dialog.addEventListener('close', () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };
  const current = () => document.activeElement.closest('[data-alert]');
  const go = (item) => {
    if (item === undefined) return;
    const fold = item.closest('details');
    if (fold !== null) fold.open = true;
    item.querySelector('a').focus();
    item.scrollIntoView({ block: 'nearest' });
  };
  const move = (step) => {
    const alerts = items();
    const at = alerts.indexOf(current());
    go(at < 0 ? alerts[0] : alerts[at + step]);
  };
  /** Chooses the alert in focus, if none is chosen. */
  const choose = () => {
    const item = current();
    if (item !== null && !boxes().some((box) => box.checked)) {
      const box = item.querySelector('.box');
      if (box !== null) box.checked = true;
      count();
    }
  };
  const keyed = (key) => document.querySelector('[data-key="' + key + '"]');
  const act = {
    j: () => move(1),
    k: () => move(-1),
    x: () => {
      const item = current();
      const box = item === null ? null : item.querySelector('.box');
      if (box !== null) box.click();
    },
    a: () => {
      const button = keyed('a');
      if (button === null) return;
      choose();
      button.click();
    },
    r: () => {
      const reason = keyed('r');
      if (reason === null) return;
      choose();
      reason.focus();
    },
    s: () => {
      const item = current();
      const way = item === null ? null : item.querySelector('a[href$="#silence"]');
      if (way !== null) {
        way.click();
        return;
      }
      const field = document.querySelector('form#silence [name="comment"]');
      if (field !== null) field.focus();
    },
    '/': () => {
      const search = keyed('/');
      if (search !== null) search.focus();
    },
    '?': showKeys,
  };
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      event.defaultPrevented ||
      (event.repeat && key !== 'j' && key !== 'k')
    )
      return;
    // Until the next frame, keys go to what had the focus in a dialog that is closed.
    if (target.closest('input:not([type="checkbox"]), textarea, select, dialog[open]') !== null) return;
    if (!Object.hasOwn(act, key) || (off && key !== '?')) return;
    event.preventDefault();
    act[key]();
  });

  // The list again every 30 s, while the page is visible.
  const news = document.getElementById('news');
  const EVERY_MS = 30000;
  /** Puts the item as it is now in the place of the old one: what is chosen and in focus stays. */
  const replace = (old, html, next) => {
    const item = document.importNode(next, true);
    const box = old.querySelector('.box');
    const own = item.querySelector('.box');
    // Not where the level rose: nobody has chosen that.
    if (box !== null && own !== null) own.checked = box.checked && box.value === own.value;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(item);
    localize(item);
    if (focused !== null) {
      // What was done since may have taken its link away.
      const same = [...item.querySelectorAll('a')].find((link) => link.href === focused.href);
      const there = focused === box ? own : same;
      (there || item.querySelector('a')).focus({ preventScroll: true });
    }
    rendered.set(item.dataset.alert, html);
    count();
  };
  const refresh = async () => {
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    // Signed out, or a failure: what is shown stays, and the reader hears of it.
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const fresh = new Map([...page.querySelectorAll('[data-alert]')].map((item) => [item.dataset.alert, item]));
    let added = 0;
    const known = new Map(items().map((item) => [item.dataset.alert, item]));
    for (const [id, item] of fresh) {
      const old = known.get(id);
      if (old === undefined) added++;
      else if (rendered.get(id) !== item.outerHTML) replace(old, item.outerHTML, item);
    }
    for (const [id, item] of known) item.classList.toggle('gone', !fresh.has(id));
    news.textContent = '';
    if (added > 0) {
      const link = document.createElement('a');
      link.href = location.href;
      link.textContent = added + ' new';
      news.append(link, ': show them');
    }
  };
  if (list !== null) {
    const tick = async () => {
      if (document.visibilityState === 'visible') {
        await refresh().catch(() => {
          news.textContent = 'This list could not be refreshed. It is as it was when you loaded it.';
        });
      }
      setTimeout(tick, EVERY_MS);
    };
    setTimeout(tick, EVERY_MS);
  }
})();
