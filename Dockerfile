# The app in a container, for a CPU; for NVIDIA cards: --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130
# Models stay in the volume /models, and the container runs as a user without rights.
FROM python:3.12-slim

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN useradd --create-home --uid 1000 space && install -d -o space -g space /models
WORKDIR /app

# What changes seldom comes first: a change of the code rebuilds the last layer alone.
COPY requirements.txt ./
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" -r requirements.txt
COPY app.py README.md LICENSE ./
COPY src ./src
COPY assets ./assets

USER space
ENV DEEPSEEK_SPACE_HOST=0.0.0.0 \
    DEEPSEEK_SPACE_PORT=7860 \
    HF_HOME=/models/huggingface \
    XDG_CACHE_HOME=/models/cache \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
VOLUME /models
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
# As the first process it gets SIGTERM itself, and lets answers finish.
CMD ["python", "app.py"]
