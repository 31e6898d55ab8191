// A form that was sent says so until its answer is there, and a second press right after the first is not sent. Without
// this script forms work as well.
(function () {
  "use strict";

  // Milliseconds: answers that come sooner need no word; a press that comes later is meant.
  var PATIENCE = 400;
  var TWICE = 5000;

  function whenSent(event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post") {
      return;
    }
    var now = Date.now();
    if (now - Number(form.dataset.sent || 0) < TWICE) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = String(now);
    var says = form.querySelector("[data-busy]");
    if (says) {
      setTimeout(function () {
        if (form.dataset.sent) {
          says.textContent = says.dataset.busy;
        }
      }, PATIENCE);
    }
  }

  // Whoever comes back to the page may send its form again.
  function whenShown() {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
    });
    document.querySelectorAll("[data-busy]").forEach(function (says) {
      says.textContent = "";
    });
  }

  document.addEventListener("submit", whenSent);
  window.addEventListener("pageshow", whenShown);
})();
