// Zooms and moves the floor plan by its viewBox, down to a centimetre to the screen's width.
const plan = document.querySelector("[data-plan]");
const controls = document.querySelector("[data-zoom]");
const LEAST_M = 0.5;
const NEAR_M = 14; // racks are wide enough for their tags

if (plan && controls) {
  const whole = plan.getAttribute("viewBox").split(" ").map(Number);
  let view = [...whole];
  controls.hidden = false;

  const show = () => {
    plan.setAttribute("viewBox", view.join(" "));
    plan.classList.toggle("zoomed", view[2] < whole[2]);
    plan.classList.toggle("near", view[2] < NEAR_M);
  };

  const zoom = (by, at = [0.5, 0.5]) => {
    const width = Math.min(Math.max(view[2] * by, LEAST_M), whole[2]);
    const height = (width * whole[3]) / whole[2];
    view = [view[0] + (view[2] - width) * at[0], view[1] + (view[3] - height) * at[1], width, height];
    if (width === whole[2]) view = [...whole];
    show();
  };

  controls.addEventListener("click", (event) => {
    const by = event.target.closest("[data-by]")?.dataset.by;
    if (by !== undefined) zoom(Number(by) || Infinity);
  });

  plan.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = plan.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 0.87 : 1.15, [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
  }, { passive: false });

  let from = null;
  plan.addEventListener("pointerdown", (event) => {
    if (event.button === 0 && view[2] < whole[2] && !event.target.closest("a")) {
      from = [event.clientX, event.clientY];
      plan.setPointerCapture(event.pointerId);
    }
  });
  plan.addEventListener("pointermove", (event) => {
    if (!from) return;
    const perPixel = view[2] / plan.getBoundingClientRect().width;
    view[0] -= (event.clientX - from[0]) * perPixel;
    view[1] -= (event.clientY - from[1]) * perPixel;
    from = [event.clientX, event.clientY];
    show();
  });
  for (const end of ["pointerup", "pointercancel"]) plan.addEventListener(end, () => { from = null; });
}
