for (const figure of document.querySelectorAll("figure.lanes")) {
  const line = figure.appendChild(document.createElement("output"));
  line.className = "pointer";
  line.setAttribute("aria-hidden", "true");
  figure.addEventListener("pointermove", (event) => {
    const plot = figure.querySelector(".plot svg").getBoundingClientRect();
    const share = (event.clientX - plot.left) / plot.width;
    const axis = figure.querySelector(".axis").getBoundingClientRect();
    const whole = figure.getBoundingClientRect();
    const inside = share >= 0 && share <= 1 && event.clientY < axis.bottom;
    figure.classList.toggle("pointed", inside);
    if (!inside) return;
    const seconds = Math.round(share * figure.dataset.seconds - figure.dataset.zero);
    line.style.left = event.clientX - whole.left + "px";
    line.style.height = axis.bottom - whole.top + "px";
    const size = Math.abs(seconds);
    line.textContent = (seconds < 0 ? "\u2212" : "") + Math.floor(size / 60) + ":" + String(size % 60).padStart(2, "0");
  });
  figure.addEventListener("pointerleave", () => figure.classList.remove("pointed"));
}
