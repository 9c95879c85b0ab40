// Passkeys: hand the server's options to the browser, and the browser's answer to the form.
//
// A button says what it does in data-passkey ("add" or "get"). Its form has the field
// "credential"; the options stand in the page (data-options names the element), or come
// from the form's own address (data-ask).

const toBytes = (text) => {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};

const toText = (buffer) => {
  if (!buffer) return undefined;
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte));
  return btoa(letters.join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const listed = (credentials = []) =>
  credentials.map((one) => ({ ...one, id: toBytes(one.id) }));

async function add({ publicKey }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: toBytes(publicKey.challenge),
      user: { ...publicKey.user, id: toBytes(publicKey.user.id) },
      excludeCredentials: listed(publicKey.excludeCredentials),
      authenticatorSelection: {
        ...publicKey.authenticatorSelection,
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
    },
  });
  return answer(made, {
    attestationObject: toText(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function get({ publicKey }) {
  const shown = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: toBytes(publicKey.challenge),
      allowCredentials: listed(publicKey.allowCredentials),
    },
  });
  return answer(shown, {
    authenticatorData: toText(shown.response.authenticatorData),
    signature: toText(shown.response.signature),
    userHandle: toText(shown.response.userHandle),
  });
}

const answer = (credential, response) => ({
  id: credential.id,
  rawId: toText(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
  clientExtensionResults: credential.getClientExtensionResults(),
  response: { clientDataJSON: toText(credential.response.clientDataJSON), ...response },
});

async function options(button) {
  if (button.dataset.options) {
    return JSON.parse(document.getElementById(button.dataset.options).textContent);
  }
  const asked = await fetch(button.form.action, { headers: { Accept: "application/json" } });
  if (!asked.ok) throw new Error("refused");
  return asked.json();
}

async function use(button) {
  const trouble = document.getElementById(button.dataset.trouble);
  trouble.hidden = true;
  button.disabled = true;
  try {
    const given = await options(button);
    const does = button.dataset.passkey === "add" ? add : get;
    const credential = await does(given.creation_options ?? given.request_options);
    button.form.elements.credential.value = JSON.stringify(credential);
    button.form.submit();
  } catch {
    trouble.hidden = false;
    button.disabled = false;
    trouble.focus();
  }
}

for (const button of document.querySelectorAll("button[data-passkey]")) {
  button.closest("[data-part]").hidden = !window.PublicKeyCredential;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    use(button);
  });
}
