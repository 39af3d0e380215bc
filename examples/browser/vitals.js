// Web vitals to Weir, once the page is hidden. See index.html.
(() => {
  const { to, tags } = document.currentScript.dataset
  let seen = {}
  const watch = (type, take) => {
    try {
      new PerformanceObserver(list => list.getEntries().forEach(take)).observe({ type, buffered: true })
    } catch {} // this browser does not know it
  }
  watch('navigation', e => seen.ttfb = e.responseStart)
  watch('paint', e => seen[e.name[6] == 'c' ? 'fcp' : 'fp'] = e.startTime)
  watch('largest-contentful-paint', e => seen.lcp = e.startTime)
  watch('layout-shift', e => e.hadRecentInput || (seen.cls = (seen.cls || 0) + e.value))
  watch('event', e => seen.inp = Math.max(seen.inp || 0, e.duration))
  document.addEventListener('visibilitychange', () => {
    const lines = Object.entries(seen).map(([name, value]) =>
      `web_vitals_${name}:${value.toFixed(3)}|${name == 'cls' ? 'h' : 'ms'}|#${tags}`)
    if (document.hidden && lines[0]) navigator.sendBeacon(to, lines.join('\n')), seen = {}
  })
})()
