// Runs before anything is painted: theme and language, so that neither flashes. A file, because the
// content security policy allows no inline script. An address (?theme=dark&lang=zh) wins over what was remembered.
(function () {
  var root = document.documentElement;
  var asked = new URLSearchParams(location.search);
  function remembered(key) {
    try {
      return localStorage.getItem('livegrad.' + key);
    } catch {
      return null; // storage is closed to embeds in some browsers
    }
  }
  var theme = asked.get('theme') || remembered('theme');
  if (theme !== 'light' && theme !== 'dark') {
    theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  var lang = asked.get('lang') || remembered('lang');
  if (lang !== 'en' && lang !== 'zh') {
    lang = /^zh/i.test(navigator.language) ? 'zh' : 'en';
  }
  root.dataset.theme = theme;
  root.lang = lang === 'zh' ? 'zh-CN' : 'en';
  if (asked.get('embed') === '1') root.dataset.embed = '';
})();
