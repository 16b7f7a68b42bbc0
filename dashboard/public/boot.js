// Runs before the first paint, so that nobody sees the other language, direction or theme flash by.
// The page's own code (src/app/preferences.ts) writes the same two keys.
(function () {
  var root = document.documentElement;
  var stored = function (key) {
    try {
      return window.localStorage.getItem(key);
    } catch (error) {
      return null;
    }
  };
  var language = stored('barid.language');
  if (language !== 'en' && language !== 'ar') {
    language = /^ar\b/i.test(navigator.language || '') ? 'ar' : 'en';
  }
  var theme = stored('barid.theme');
  var dark = theme === 'dark' ||
    (theme !== 'light' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  root.lang = language;
  root.dir = language === 'ar' ? 'rtl' : 'ltr';
  root.dataset.theme = dark ? 'dark' : 'light';
})();
