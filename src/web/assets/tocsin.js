/**
 * The only script: it adds times in the reader's own zone, and makes the copy buttons work. Pages are usable without it.
 *
 * Contract: it sets text only, so nothing on the page can become markup.
 */
(() => {
  const two = (n) => String(n).padStart(2, '0');
  const day = (d) => d.getFullYear() + '-' + two(d.getMonth() + 1) + '-' + two(d.getDate());
  for (const time of document.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    const east = -at.getTimezoneOffset();
    if (Number.isNaN(east) || east === 0) continue;
    const clock = two(at.getHours()) + ':' + two(at.getMinutes());
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
})();
