// χ² and the normal distribution: what a difference of χ² means by Wilks' theorem.

/** Return the logarithm of erfc(x) for x ≥ 0, by its continued fraction or its series. */
function logErfc(x) {
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
      if (n > 200) break;
    }
    return Math.log(1 - (2 / Math.sqrt(Math.PI)) * sum);
  }
  let fraction = x;
  for (let n = 120; n > 0; n--) fraction = x + n / 2 / fraction;
  return -x * x - Math.log(fraction * Math.sqrt(Math.PI));
}

/** Return the logarithm of the probability of a χ² at least as large. */
function logTail(chi2, dof) {
  if (!(chi2 > 0)) return 0;
  const half = chi2 / 2;
  const even = dof % 2 === 0;
  // Q(dof) = Q(dof − 2) + half^(dof/2 − 1) e^−half / Γ(dof/2): a sum of logarithms, the largest taken out
  const logs = even ? [] : [logErfc(Math.sqrt(half))];
  let logGamma = even ? 0 : 0.5 * Math.log(Math.PI); // of 1, of 1/2
  for (let k = even ? 1 : 0.5; k < dof / 2 + (even ? 1 : 0); k++) {
    if (even) {
      logs.push((k - 1) * Math.log(half) - half - logGamma);
      logGamma += Math.log(k);
    } else {
      logGamma += Math.log(k);
      logs.push(k * Math.log(half) - half - logGamma);
    }
  }
  const largest = Math.max(...logs);
  return Math.min(0, largest + Math.log(logs.reduce((sum, l) => sum + Math.exp(l - largest), 0)));
}

/** Return the two-sided number of σ of the logarithm of a probability. */
function sigmaOf(logP) {
  if (logP >= 0) return 0;
  let [low, high] = [0, 60];
  for (let k = 0; k < 80; k++) {
    const middle = (low + high) / 2;
    if (logErfc(middle / Math.SQRT2) > logP) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Return how far χ² may be above its minimum at a confidence level, two parameters being free. */
function criticalValue(level) {
  return -2 * Math.log(1 - level);
}

/** Return p-value and σ of a parameter goodness of fit. */
function tested(chi2, dof) {
  if (dof < 1) return { p: null, sigma: null };
  const logP = logTail(Math.max(0, chi2), dof);
  return { p: Math.exp(logP), sigma: sigmaOf(logP) };
}
